"""Invented people: players of the simulated teams and of the outright fields.

Belongs here: names. No name is meant to be anybody's.
"""

_FIRST = (
    *("Abel", "Alvin", "Ansel", "Barnaby", "Boyd", "Calder", "Cato", "Corwin", "Dorian", "Ellery"),
    *("Emlyn", "Fabian", "Fenton", "Galen", "Gideon", "Harlan", "Hollis", "Idris", "Ira", "Jarvis"),
    *(
        "Jonas",
        "Keegan",
        "Kester",
        "Lowell",
        "Lucian",
        "Merrick",
        "Milo",
        "Nestor",
        "Orrin",
        "Osric",
    ),
    *("Percival", "Quentin", "Rafferty", "Roscoe", "Silas", "Tavish", "Tobias", "Ulric", "Wendell"),
)
_LAST = (
    *("Abernathy", "Ashdown", "Bellweather", "Birchall", "Blackmere", "Cardew", "Claybourne"),
    *("Copperfield", "Cresswell", "Dunmore", "Eastlake", "Fairbrook", "Farthing", "Fenwick"),
    *("Garroway", "Glenister", "Greenhalgh", "Hartnoll", "Hawksby", "Holloway", "Inchbald"),
    *("Jessop", "Kellaway", "Kingsmere", "Larkspur", "Lockridge", "Marchbanks", "Merriweather"),
    *("Netherby", "Oakhurst", "Oldcastle", "Pemberly", "Penhallow", "Quillfeather", "Ravensworth"),
    *("Rookwood", "Sandalwood", "Silverthorn", "Standish", "Stonebridge", "Tarrington"),
    *("Thistlewood", "Underhill", "Vantongeren", "Wainfleet", "Waterhouse", "Wetherell"),
    *("Whitlock", "Winterbourne", "Woodruff", "Wyndham", "Yardley", "Yelverton"),
)
_STRIDE = 1_009  # shares no factor with the number of names, so every number has its own name


def invented_name(number: int) -> str:
    """The name of one number; numbers below 39 x 53 all differ."""
    first, last = divmod(number * _STRIDE % (len(_FIRST) * len(_LAST)), len(_LAST))
    return f"{_FIRST[first]} {_LAST[last]}"
