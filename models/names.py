"""First and last names by region, to put others in the place of those a data set happens to have, and to count them.

The regions are rough: they are there so that no one of them fills a data set unnoticed.
"""

from collections.abc import Mapping

FIRST: Mapping[str, tuple[str, ...]] = {
    "african": ("Amina", "Chidi", "Kofi", "Zanele", "Abebe", "Ngozi", "Thabo", "Wanjiru", "Sekou", "Adaeze"),
    "arabic and persian": ("Layla", "Omar", "Fatima", "Yusuf", "Samira", "Karim", "Noor", "Hassan", "Shirin", "Reza"),
    "east asian": ("Yuki", "Haruto", "Mei", "Jun", "Aiko", "Naoko", "Min", "Sora", "Wei", "Linh", "Hiroshi", "Milan"),
    "english": ("James", "Emily", "Oliver", "Grace", "Thomas", "Ruth", "Ann", "Peter", "Alice", "Henry", "Bob", "Eva"),
    "germanic and nordic": ("Erik", "Ingrid", "Lars", "Astrid", "Jonas", "Freya", "Hanna", "Nils", "Greta", "Ada"),
    "romance": ("Maria", "Lucia", "Pablo", "Giulia", "Mateo", "Camille", "Rafael", "Ines", "Luca", "Sofia", "Elena"),
    "slavic": ("Nadia", "Ivan", "Katya", "Marek", "Olga", "Pavel", "Zofia", "Dmitri", "Jana", "Nikola", "Vera"),
    "south asian": ("Priya", "Arjun", "Anika", "Ravi", "Meera", "Imran", "Sunita", "Vikram", "Farah", "Dev", "Leela"),
}
LAST: Mapping[str, tuple[str, ...]] = {
    "african": ("Okafor", "Mensah", "Dlamini", "Bekele", "Diallo", "Nwosu", "Mbeki", "Kamau", "Toure", "Achebe"),
    "arabic and persian": ("Haddad", "Rahimi", "Nasser", "Farouk", "Saleh", "Karimi", "Aziz", "Mansour", "Tehrani"),
    "east asian": ("Tanaka", "Kimura", "Chen", "Park", "Nguyen", "Sato", "Zhang", "Huang", "Watanabe", "Lim", "Kondo"),
    "english": ("Stone", "Carter", "Hughes", "Bennett", "Walsh", "Green", "Fletcher", "Morgan", "Lee", "Doyle"),
    "germanic and nordic": ("Dahl", "Nyberg", "Johansson", "Keller", "Lindgren", "Bauer", "Vogel", "Holm", "Berger"),
    "romance": ("Lopez", "Moreau", "Silva", "Rossi", "Herrera", "Fontaine", "Costa", "Ferrari", "Duarte", "Marin"),
    "slavic": ("Petrov", "Novak", "Kowalski", "Horvat", "Sokolov", "Varga", "Zelenko", "Dvorak", "Popov", "Babic"),
    "south asian": ("Sharma", "Patel", "Iyer", "Khan", "Banerjee", "Reddy", "Gupta", "Perera", "Chowdhury", "Menon"),
}
REGIONS = tuple(FIRST)
REGION_OF: Mapping[str, str] = {name: region for region, names in FIRST.items() for name in names}
