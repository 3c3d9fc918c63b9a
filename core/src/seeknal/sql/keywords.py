"""The words that mean something to DuckDB's grammar (1.5 and 2.0 together)."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


RESERVED = words(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column
    constraint create default deferrable desc describe distinct do else end except false fetch
    for foreign from group having in initially intersect into lambda lateral leading limit not
    null offset on only or order pivot pivot_longer pivot_wider placing primary qualify
    references returning select show some summarize symmetric table then to trailing true union
    unique unpivot using variadic when where window with
    """
)
"""Never the name of a column or table unless quoted."""

JOINING = words(
    """
    anti asof at authorization binary by collation columns concurrently cross freeze full
    generated glob ilike inner is isnull join left like map natural notnull outer overlaps
    positional right semi similar struct tablesample try_cast tuple unpack verbose
    """
)
"""Never the name of a table unless quoted."""

TYPES = words(
    """
    bigint bit boolean char character dec decimal float int integer interval nchar numeric real
    smallint time timestamp varchar
    """
)
"""Types that DuckDB prints in one way however they are written."""

_OTHERS = words(
    """
    abort absolute access action add admin after aggregate also alter always approx assertion
    assignment attach attribute backward before begin between bigint bit boolean cache call
    called cascade cascaded catalog centuries century chain char character characteristics
    checkpoint class close cluster coalesce comment comments commit committed compression
    configuration conflict connect connection constraints content continue conversion copy cost
    csv cube current cursor cycle data database day days deallocate dec decade decades decimal
    declare defaults deferred definer delete delimiter delimiters depends destroy detach
    dictionary disable discard disconnect distance document domain double drop each enable
    encoding encrypted enum error escape event exact exclude excluding exclusive execute exists
    explain export export_state extension extensions external extract family filter first float
    following force forward function functions global grant granted grouping grouping_id groups
    handler header hold hour hours identity if ignore immediate immutable implicit import include
    including increment index indexes inherit inherits inline inout input insensitive insert
    install instead int integer interval invoker isolation json key label language large last
    leakproof level listen load local location lock locked logged macro mapping match matched
    materialized maxvalue merge method microsecond microseconds millennia millennium millisecond
    milliseconds minute minutes minvalue mode month months move name names national nchar nearest
    new next no none nothing notify nowait nullif nulls numeric object of off oids old operator
    option options ordinality others out over overlay overriding owned owner parallel parser
    partial partition partitioned passing password percent persistent plans policy position
    pragma preceding precision prepare prepared preserve prior privileges procedural procedure
    program publication quarter quarters quote range read real reassign recheck recursive ref
    referencing refresh register reindex relative release rename repeatable replace replica reset
    resource resources respect restart restrict returns revoke role rollback rollup row rows rule
    sample savepoint schema schemas scope scroll search second seconds secret secure security
    sequence sequences serializable server session set setof sets share similarity simple skip
    smallint snapshot sorted source sql stable standalone start statement statistics stdin stdout
    storage stored strict strip subscription substring sysid system tables tablespace target temp
    template temporary text ties time timestamp transaction transform treat trigger trim truncate
    trusted type types unbounded uncommitted unencrypted unknown unlisten unlogged until update
    use user vacuum valid validate validator value values varchar variable varying version view
    views virtual volatile week weeks whitespace within without work wrapper write xml
    xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
    xmlserialize xmltable year years yes zone
    """
)

KEYWORDS = RESERVED | JOINING | _OTHERS

TYPE_NAMES = (
    *("TINYINT", "SMALLINT", "INT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM", "VARINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "INT1", "INT2", "INT4", "INT8"),
    *("INT16", "INT32", "INT64", "INT128", "UINT8", "UINT16", "UINT32", "UINT64", "UINT128"),
    *("INTEGRAL", "BPCHAR", "NVARCHAR", "BITSTRING", "VARBINARY", "GEOMETRY", "TIMESTAMPTZ_NS"),
    *("SIGNED", "LONG", "SHORT", "FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE", "DECIMAL"),
    *("NUMERIC", "BOOL", "BOOLEAN", "VARCHAR", "CHAR", "TEXT", "STRING", "BLOB", "BYTEA", "BIT"),
    *("DATE", "TIME", "TIMESTAMP", "DATETIME", "TIMESTAMPTZ", "TIMETZ", "INTERVAL", "UUID"),
    *("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_US", "TIMESTAMP_NS", "TIME_NS", "JSON", "VARIANT"),
    *("TIMESTAMP WITH TIME ZONE", "TIME WITH TIME ZONE", "STRUCT", "MAP", "LIST"),
)
"""Names of types that people write, those of other databases included."""
