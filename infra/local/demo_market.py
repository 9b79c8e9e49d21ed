"""Who sells what in the demo market. Prices are in cents and include VAT."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Item:
    """A product. Its variants are told apart by one option; none means a single variant."""

    sku: str
    title: str
    category: str
    price: int
    description: str
    stock: int = 25
    tax_rate: float = 17.0
    option: str = ""
    values: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Vendor:
    """A shop."""

    slug: str
    name: str
    email: str
    items: tuple[Item, ...]


VENDORS = (
    Vendor("kaffi-rascht", "Kaffi Rascht", "lena@kaffi-rascht.example", (
        Item("KR-ESP-01", "Espresso Lëtzebuerg", "Coffee", 1290, "A dark roast of three beans, roasted on Tuesdays.",
             40, 3.0, "weight", ("250 g", "500 g", "1 kg")),
        Item("KR-FIL-01", "Filter Minett", "Coffee", 1150, "Light and bright: apricot, black tea, red clay.", 30, 3.0,
             "weight", ("250 g", "1 kg")),
        Item("KR-DEC-01", "Decaf Mullerthal", "Coffee", 1390, "Washed with spring water; as round as the rocks.", 18, 3.0),
        Item("KR-CUP-01", "Stoneware cup", "Kitchen", 1850, "Thrown by hand, holds 180 ml and a morning.", 24, 17.0,
             "colour", ("Chalk", "Slate", "Moss")),
        Item("KR-GRD-01", "Hand grinder", "Kitchen", 8900, "Steel burrs, walnut handle, thirty grams a turn.", 12),
        Item("KR-KET-01", "Gooseneck kettle", "Kitchen", 6450, "Pours where you look. 900 ml, for every hob.", 9),
        Item("KR-SCL-01", "Pocket scale", "Kitchen", 3900, "A tenth of a gram, and a clock beside it.", 15),
        Item("KR-FLT-01", "Paper filters", "Kitchen", 490, "A hundred, unbleached.", 120),
        Item("KR-TIN-01", "Storage tin", "Kitchen", 1690, "Keeps the air out and the smell in.", 32, 17.0, "size", ("S", "L")),
        Item("KR-SUB-01", "Tasting box", "Coffee", 2490, "Four roasts of 125 g, with a card for your notes.", 20, 3.0),
    )),
    Vendor("velo-wierkstat", "Velo Wierkstat", "tom@velo-wierkstat.example", (
        Item("VW-BEL-01", "Brass bell", "Bicycle parts", 2200, "One note, heard to the next crossing.", 40),
        Item("VW-SAD-01", "Leather saddle", "Bicycle parts", 11900, "Breaks you in, then itself.", 8, 17.0, "colour",
             ("Black", "Honey")),
        Item("VW-LGT-01", "Dynamo light set", "Bicycle parts", 8450, "Front and rear, no battery to forget.", 14),
        Item("VW-TUB-01", "Inner tube", "Bicycle parts", 690, "Butyl, with a valve that stays.", 90, 17.0, "size",
             ("26 in", "28 in", "29 in")),
        Item("VW-BAG-01", "Pannier", "Bags", 7990, "Twenty litres, waxed cotton, off in one movement.", 16, 17.0, "colour",
             ("Olive", "Navy")),
        Item("VW-PMP-01", "Track pump", "Tools", 4590, "Eleven bar, and a foot that does not tip.", 11),
        Item("VW-TOL-01", "Multi-tool", "Tools", 2990, "Fourteen tools and no excuse.", 28),
        Item("VW-OIL-01", "Chain oil", "Tools", 990, "For wet weeks. 100 ml.", 60),
        Item("VW-GLV-01", "Winter gloves", "Clothing", 3950, "Wool inside, wind outside.", 22, 17.0, "size", ("S", "M", "L")),
        Item("VW-CAP-01", "Cycling cap", "Clothing", 1890, "Under the helmet or instead of small talk.", 35),
    )),
    Vendor("bicherhaischen", "Bicherhäischen", "anne@bicherhaischen.example", (
        Item("BH-ATL-01", "Atlas of Small Rivers", "Books", 3400, "Every stream from the Sûre to the sea, drawn by hand.",
             14, 3.0),
        Item("BH-COK-01", "Bouneschlupp and Other Suppers", "Books", 2650, "Sixty dishes from three grandmothers.", 20, 3.0),
        Item("BH-NOV-01", "The Night Train to Troisvierges", "Books", 1490, "A novel in eleven stops.", 33, 3.0, "binding",
             ("Paperback", "Hardcover")),
        Item("BH-KID-01", "Where Does the Tram Sleep?", "Children", 1590, "For ages three to six, and tired parents.", 27, 3.0),
        Item("BH-PUZ-01", "Puzzle: Old Town", "Games", 2490, "A thousand pieces, most of them roof.", 10),
        Item("BH-NTB-01", "Notebook", "Paper", 1250, "Sewn, 192 pages, lies flat.", 48, 17.0, "paper",
             ("Plain", "Lined", "Dotted")),
        Item("BH-PEN-01", "Fountain pen", "Paper", 5900, "A fine nib and a patient ink.", 13, 17.0, "nib", ("F", "M")),
        Item("BH-INK-01", "Ink, Moselle blue", "Paper", 1390, "50 ml, made for writing letters.", 30),
        Item("BH-CAL-01", "Wall calendar", "Paper", 1990, "Twelve linocuts of twelve weathers.", 40),
        Item("BH-BKM-01", "Brass bookmark", "Paper", 790, "Thin as a page.", 75),
    )),
)
