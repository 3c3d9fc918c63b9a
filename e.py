p='core/src/seeknal/builtin/csvcopies.py'
s=open(p).read()
s=s.replace('''def transcoded(''','''def hides_name(file: str, options: Any) -> bool:
    """Whether a byte order mark stands before a name in quotes that are needed: DuckDB takes the
    mark for text before them."""
    if not is_native(options.encoding) or file.endswith(".zst"):
        return False
    quote = ('"' if options.quote is None else options.quote).encode()
    opener: Any = gzip.open if options.compression == "gzip" or file.endswith(".gz") else open
    with opener(file, "rb") as opened:
        head = opened.read(_HEAD)
    if not quote or not head.startswith(codecs.BOM_UTF8 + quote):
        return False
    name = head[len(codecs.BOM_UTF8 + quote) :].split(quote)[0].decode(errors="replace")
    return any(mark in name for mark in f"{DELIMITERS}{options.delimiter or ''}\\r\\n")


def transcoded(''',1)
s=s.replace('''                f"{Path(file).name} is not {options.encoding}: {error}",''','''                f"{Path(file).name} is not {options.encoding or 'utf-8'}: {error}",''')
s=s.replace('''import gzip
''','''import codecs
import gzip
''',1)
s=s.replace('''import codec
''','''import DELIMITERS, codec
''')
s=s.replace('''_CHUNK = 2**22
''','''_CHUNK = 2**22
_HEAD = 2**16
''')
open(p,'w').write(s)
p='core/src/seeknal/builtin/csvtable.py'
s=open(p).read()
s=s.replace('''        opened = transcoded(file, options, context, number)
    found =''','''        opened = transcoded(file, options, context, number)
    elif hides_name(file, options):
        opened = transcoded(file, options, context, number)
    found =''')
s=s.replace("import cleaned, is_native,","import cleaned, hides_name, is_native,")
open(p,'w').write(s)
p='tests/core/files/test_csv.py'
s=open(p).read()
s+='''

@pytest.mark.parametrize("name", ["a,x", "a;x", "a\\nx", "a\\r\\nx"])
@pytest.mark.parametrize("others", [1, 0])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_first_name_that_needs_its_quotes_is_read_behind_a_byte_order_mark(
    files, name, others, ending
):
    more, value = ',"b"' * others, ",2" * others
    text = f'"{name}"{more}\\n1{value}\\n3{value}\\n'.encode("utf-8-sig")
    files.write(f"a.csv{ending}", gzip.compress(text) if ending else text)

    names, rows = files.read("csv", f"a.csv{ending}")

    assert names == [name, *["b"] * others]
    assert rows == [(1, *[2] * others), (3, *[2] * others)]
'''
open(p,'w').write(s)
open('changelog.d/core.csv-marked.fixed.md','w').write('''CSV: a byte order mark before a first name in quotes that holds a delimiter or a line break no longer keeps a file from being read.
''')
