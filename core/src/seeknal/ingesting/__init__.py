"""``seeknal ingest``: rows of any source into a lake of Parquet and a warehouse, without a project.

::

    options  what is asked, of flags, a file or Python
    places   connections by name, URL or file, and the source that is meant
    lake     where files land, and what they say of themselves
    state    what is known of a load by name: its mark, and what it was about to do
    calls    whether a call has ended, for loads of all rows, which have no mark
    marks    which rows lie around the mark, and which of them have arrived
    fetching from a source to a file
    repeating loads of all rows that are asked for again before their call has ended
    loading  one load, from lock to record
    several  one load or one for each table
"""
