#include "tools/synth/synthword.h"

#include "tools/synth/synth.h"

#include <inttypes.h>
#include <stdio.h>

/* The nouns of each category of topics. */
static const char *const noun[][SYNTH_PER_CATEGORY] = {
    {"Baby Bottle", "Pacifier", "Bib", "Crib Sheet", "Stroller", "Car Seat",
        "Diaper Bag", "Teether"},
    {"Espresso Machine", "Coffee Grinder", "Milk Frother", "Tea Kettle",
        "Pour-Over Dripper", "Travel Mug", "French Press", "Coffee Scale"},
    {"Hiking Boots", "Trekking Poles", "Backpack", "Tent", "Sleeping Bag",
        "Headlamp", "Camp Stove", "Water Filter"},
    {"Headphones", "Earbuds", "Bluetooth Speaker", "Turntable", "Soundbar",
        "Microphone", "Audio Interface", "Amplifier"},
    {"Dog Bed", "Cat Tree", "Aquarium", "Bird Feeder", "Dog Leash",
        "Litter Box", "Pet Carrier", "Chew Toy"},
    {"Road Bike", "Bike Helmet", "Cycling Jersey", "Bike Pump", "Bike Lock",
        "Bike Light", "Saddle", "Pannier"},
    {"Chef's Knife", "Cutting Board", "Frying Pan", "Dutch Oven", "Wok",
        "Mixing Bowl", "Rolling Pin", "Cake Tin"},
    {"Camera Lens", "Tripod", "Camera Bag", "Flash", "Memory Card",
        "Lens Filter", "Light Meter", "Camera Strap"},
    {"Yoga Mat", "Kettlebell", "Jump Rope", "Foam Roller", "Pull-Up Bar",
        "Resistance Band", "Dumbbell", "Gym Towel"},
    {"Garden Hose", "Pruning Shears", "Planter", "Wheelbarrow", "Seed Tray",
        "Watering Can", "Lawn Mower", "Compost Bin"},
    {"Guitar Strings", "Ukulele", "Drum Sticks", "Keyboard Stand", "Capo",
        "Violin Bow", "Music Stand", "Metronome"},
    {"Cordless Drill", "Screwdriver Set", "Tape Measure", "Workbench",
        "Circular Saw", "Toolbox", "Spirit Level", "Sandpaper"},
    {"Board Game", "Jigsaw Puzzle", "Card Game", "Chess Set", "Dice Set",
        "Model Train", "Building Blocks", "Kite"},
    {"Face Cream", "Shampoo", "Hair Dryer", "Lipstick", "Perfume",
        "Nail Polish", "Shaving Brush", "Hand Soap"},
    {"Desk Lamp", "Office Chair", "Notebook", "Fountain Pen", "Stapler",
        "Whiteboard", "Filing Cabinet", "Desk Organizer"},
    {"Fishing Rod", "Fishing Reel", "Tackle Box", "Fishing Line", "Waders",
        "Landing Net", "Lure", "Fish Finder"},
    {"Router", "Mechanical Keyboard", "Mouse", "Monitor", "Webcam", "USB Hub",
        "Hard Drive", "Laptop Sleeve"},
    {"Paint Set", "Sketchbook", "Easel", "Paint Brush", "Canvas", "Pastels",
        "Calligraphy Ink", "Clay"},
    {"Running Shoes", "Running Shorts", "Hydration Vest", "Sports Watch",
        "Running Socks", "Armband", "Running Cap", "Insoles"},
    {"Bath Towel", "Shower Curtain", "Bath Mat", "Toothbrush", "Soap Dish",
        "Laundry Basket", "Mirror", "Bathrobe"},
    {"Surfboard", "Wetsuit", "Snorkel", "Swim Goggles", "Paddle", "Life Vest",
        "Dry Bag", "Beach Towel"},
    {"Knitting Needles", "Yarn", "Sewing Machine", "Embroidery Hoop", "Fabric",
        "Thread Set", "Crochet Hook", "Quilting Ruler"},
    {"Car Charger", "Dash Camera", "Seat Cover", "Tire Gauge", "Roof Rack",
        "Floor Mats", "Jump Starter", "Car Wax"},
    {"Telescope", "Microscope", "Binoculars", "Star Chart", "Weather Station",
        "Chemistry Set", "Globe", "Compass"}};

static const char *const brand_name[SYNTHWORD_BRANDS] = {"Norvik", "Alderley",
    "Tamarin", "Quillon", "Bexley", "Oakhaven", "Luminar", "Pellworth",
    "Sorrento", "Kestrel", "Mirabel", "Dunmore", "Fjordline", "Hartwell",
    "Juniper", "Calder", "Verano", "Ironwood", "Zephyra", "Greymark",
    "Solstice", "Tidewell", "Umberto", "Wrenfield"};

static const char *const adjective[] = {"Classic", "Compact", "Deluxe",
    "Everyday", "Foldable", "Heavy-Duty", "Lightweight", "Original", "Premium",
    "Professional", "Quiet", "Slim", "Soft", "Sturdy", "Travel", "Ultra"};

static const char *const qualifier[] = {"", "Junior ", "Senior ", "Outdoor ",
    "Vintage ", "Wireless ", "Eco ", "Studio "};

enum {
    NOUNS = sizeof noun / sizeof noun[0][0],
    ADJECTIVES = sizeof adjective / sizeof adjective[0],
    QUALIFIERS = sizeof qualifier / sizeof qualifier[0]
};

char *
synthword_title(int64_t topic, int64_t brand, uint64_t variety, char *buf)
{
    int64_t round = topic / NOUNS, n = topic % NOUNS;
    int len = snprintf(buf, SYNTHWORD_TITLE, "%s %s %s%s %c%d",
        brand_name[brand % SYNTHWORD_BRANDS], adjective[variety % ADJECTIVES],
        qualifier[round % QUALIFIERS],
        noun[n / SYNTH_PER_CATEGORY][n % SYNTH_PER_CATEGORY],
        (char)('A' + variety / ADJECTIVES % 26),
        100 + (int)(variety / ADJECTIVES / 26 % 900));
    if (round >= QUALIFIERS)
        snprintf(buf + len, SYNTHWORD_TITLE - (size_t)len, ", series %" PRId64,
            round / QUALIFIERS);
    return buf;
}
