"""People whose addresses nobody may see."""

PEOPLE = """
    kind: source
    name: people
    source: csv
    table: data/people.csv
    columns:
      email: {type: VARCHAR, pii: true}
"""
FILES = {
    "seeknal/people.yml": PEOPLE,
    "data/people.csv": "id,email,city\n1,ada@hidden.example,rome\n2,bob@hidden.example,oslo\n",
}
