"""What synthetic pins are about: the words of each category."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SUBJECTS", "Subject"]


@dataclass(frozen=True)
class Subject:
    """One category.

    Attributes:
        category: Its name.
        weight: Its share of all posts, relative to the others'.
        things: What a pin shows.
        kinds: How the thing is.
        tags: Words of the tag list.
    """

    category: str
    weight: int
    things: tuple[str, ...]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


def _subject(category: str, weight: int, things: str, kinds: str, tags: str) -> Subject:
    return Subject(category, weight, _phrases(things), _phrases(kinds), _phrases(tags))


SUBJECTS = (
    _subject(
        "art",
        970,
        "Watercolour Landscape, Ink Sketch, Clay Portrait, Paper Collage, Oil Study, Linocut "
        "Print, Charcoal Figure, Pixel Mural, Gouache Still Life, Wire Sculpture",
        "Dreamy, Abstract, Tiny, Bold, Moonlit, Layered, Loose, Surreal",
        "Art Drawings, Art Inspiration, Painting Ideas, Sketchbook, Colour Theory, Art Journal, "
        "Canvas Art, Drawing Prompts, Art Sketches Doodles, Illustration",
    ),
    _subject(
        "beauty",
        905,
        "Braid Tutorial, Nail Design, Evening Make-up, Curl Routine, Face Mask, Lip Tint, "
        "Fringe Cut, Skin Routine, Brow Guide, Scented Balm",
        "Easy, Glowing, Natural, Glossy, Five-Minute, Soft, Retro, Gentle",
        "Nail Inspo, Hair Ideas, Skin Care Tips, Makeup Looks, Cute Nails, Natural Hair, "
        "Beauty Routine, Self Care, Hair Styles, Beauty Hacks",
    ),
    _subject(
        "christmas",
        1000,
        "Gingerbread Village, Pine Wreath, Advent Calendar, Tree Skirt, Felt Ornament, Mantel "
        "Garland, Snow Globe, Gift Wrap, Candle Centrepiece, Stocking Pattern",
        "Rustic, Nordic, Sparkling, Vintage, Frosted, Farmhouse, Cosy, Candlelit",
        "Christmas Decor, Christmas Crafts, Holiday Ideas, Christmas Tree Themes, Winter Decor, "
        "Christmas Diy, Xmas Ornaments, Christmas Time, Festive Table, Holiday Wreath",
    ),
    _subject(
        "diy-and-crafts",
        945,
        "Macrame Hanger, Paper Flower, Pallet Bench, Yarn Garland, Jar Lantern, Button Tree, "
        "Cardboard Castle, Bead Bracelet, Rope Basket, Painted Rock",
        "Simple, Upcycled, Rainbow, No-Sew, Handmade, Clever, Weekend, Pocket-Sized",
        "Diy Projects, Crafts For Kids, Easy Crafts, Paper Crafts, Upcycle Ideas, Craft Room, "
        "Handmade Gifts, Fun Crafts, Diy Home, Yarn Projects",
    ),
    _subject(
        "education",
        860,
        "Spelling Game, Fraction Wall, Reading Corner, Science Notebook, Sight Word Mat, Map "
        "Puzzle, Number Line, Phonics Cards, Class Timetable, Story Starter",
        "Hands-On, Printable, Quiet, First-Grade, Playful, Bilingual, Outdoor, Ten-Minute",
        "Kindergarten Math, Teaching Ideas, Classroom Decor, Learning Games, Homeschool, Reading "
        "Skills, Science Experiments, Teacher Tips, Preschool Activities, Study Notes",
    ),
    _subject(
        "event-planning",
        770,
        "Balloon Arch, Seating Chart, Dessert Table, Garden Party, Photo Booth, Welcome Sign, "
        "Picnic Set-up, Budget Sheet, Confetti Bar, Lantern Walk",
        "Elegant, Boho, Backyard, Last-Minute, Floral, Golden, Intimate, Festive",
        "Party Planning, Event Decor, Wedding Ideas, Birthday Party, Table Settings, Party Themes, "
        "Event Checklist, Party Favors, Baby Shower, Reception Ideas",
    ),
    _subject(
        "finance",
        790,
        "Savings Challenge, Budget Binder, Debt Tracker, Pantry Plan, Side Income, Sinking Fund, "
        "Bill Calendar, No-Spend Month, Cash Envelope, Retirement Map",
        "Beginner, Realistic, Printable, Monthly, Frugal, Thirty-Day, Stress-Free, Honest",
        "Money Saving Tips, Budgeting Finances, Savings Plan, Frugal Living, Debt Free, Passive "
        "Income, Money Management, Financial Goals, Budget Planner, Investing Basics",
    ),
    _subject(
        "home-decor",
        880,
        "Gallery Wall, Reading Nook, Open Shelf, Linen Sofa, Entry Bench, Window Seat, Attic "
        "Bedroom, Plant Corner, Tiled Kitchen, Woven Rug",
        "Warm, Scandinavian, Small-Space, Earthy, Airy, Mid-Century, Neutral, Layered",
        "Home Decor Ideas, Living Room, Interior Design, Cozy Bedroom, Farmhouse Style, Wall "
        "Decor, Small Apartment, Kitchen Design, House Plants, Room Makeover",
    ),
    _subject(
        "mens-fashion",
        830,
        "Linen Suit, Denim Jacket, Wool Overcoat, Leather Boot, Summer Shirt, Knit Tie, Chino "
        "Outfit, Canvas Sneaker, Field Watch, Rain Parka",
        "Smart, Casual, Classic, Streetwear, Tailored, Monochrome, Weekend, Rugged",
        "Mens Outfits, Men Casual, Suit Style, Street Style, Winter Outfits Men, Mens Shoes, "
        "Capsule Wardrobe, Gentleman Style, Denim Looks, Mens Accessories",
    ),
    _subject(
        "quotes",
        815,
        "Morning Reminder, Friendship Verse, Courage Quote, Gratitude List, Patience Saying, "
        "Kindness Note, Hope Poem, Monday Motto, Self-Love Line, Wisdom Card",
        "Short, Deep, Funny, Gentle, Handwritten, Powerful, Quiet, Daily",
        "Quotes To Live By, Inspirational Quotes, Life Lessons, Positive Vibes, Words Of Wisdom, "
        "Motivation, Daily Affirmations, Happy Thoughts, Mindset, True Words",
    ),
    _subject(
        "tattoos",
        795,
        "Fern Sleeve, Compass Tattoo, Fine-Line Moth, Mountain Band, Koi Backpiece, Lettering "
        "Idea, Constellation, Wild Rose, Geometric Wolf, Wave Ankle",
        "Minimal, Blackwork, Delicate, Watercolour, Dotwork, Matching, Neo-Traditional, Small",
        "Tattoo Designs, Tattoo Ideas, Small Tattoos, Body Art, Sleeve Tattoos, Flower Tattoos, "
        "Tattoo Inspiration, Fine Line, Meaningful Ink, Tattoo Placement",
    ),
    _subject(
        "travel",
        840,
        "Coast Road, Night Market, Island Ferry, Desert Camp, Rail Journey, City Weekend, Fjord "
        "Hike, Temple Walk, Lagoon Guide, Packing List",
        "Slow, Hidden, Solo, Budget, Autumn, Unforgettable, Three-Day, Family",
        "Travel Destinations, Bucket List, Travel Tips, Places To Visit, Beautiful Views, Road "
        "Trip, Travel Photography, Backpacking, Vacation Ideas, Wanderlust",
    ),
    _subject(
        "vehicles",
        755,
        "Camper Conversion, Roadster, Cafe Racer, Pickup Build, Electric Hatchback, Delivery Van, "
        "Cargo Bike, Rally Car, Vintage Tram, Sidecar",
        "Restored, Matte, Custom, Off-Grid, Compact, Turbo, Two-Tone, Weathered",
        "Classic Cars, Dream Cars, Motorcycle Style, Van Life, Car Interior, Off Road, Vintage "
        "Trucks, Car Accessories, Road Machines, Garage Ideas",
    ),
)
"""In alphabetical order, as the posts of the source are."""
