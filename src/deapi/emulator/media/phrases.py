"""The stock of English from which the emulator's texts are put together."""

from __future__ import annotations

SPEECH = (
    "Good morning and thank you all for coming.",
    "Let us start with the plan for this week.",
    "The first train leaves a little after seven.",
    "I think we should look at the numbers again.",
    "She opened the window and listened to the rain.",
    "Nobody expected the market to be this quiet.",
    "That is a fair question.",
    "We tried it twice and it worked both times.",
    "The garden behind the house is full of apples now.",
    "Could you say a few words about the budget?",
    "It took them three days to cross the valley on foot.",
    "Most of it was finished before the end of spring.",
    "You can see the lighthouse from here on a clear day.",
    "The second part is shorter than the first.",
    "My grandfather used to repair clocks in that street.",
    "We will come back to this point later.",
    "There was a small boat tied to the old bridge.",
    "Please write to us if anything is unclear.",
    "Everything else stays as it was.",
    "They had soup and bread by the fire.",
    "The results were better than we had hoped.",
    "Some of the letters were never answered.",
)

EVENTS = (
    "A person enters from the left",
    "Two people talk and one of them laughs",
    "A dog runs across the picture",
    "A hand picks up a cup from the table",
    "The camera turns slowly to the right",
    "A car stops and its door opens",
    "Someone points at a screen",
    "A child waves at the camera",
    "Birds rise from the ground all at once",
    "A cyclist passes by",
)

SCENES = (
    "Street, daytime",
    "Living room with a large window",
    "Park with trees, afternoon",
    "Office, several desks",
    "Beach at dusk",
    "Kitchen, warm light",
    "Train platform, crowded",
    "Forest path, light fog",
)

PRINT = (
    "INVOICE No. {number}",
    "Date: {day:02d}/{month:02d}/2026",
    "Order {number} has been shipped.",
    "Total due: ${number}.{cents:02d}",
    "Please keep this receipt for your records.",
    "Platform {day}, departure {hour:02d}:{cents:02d}",
    "Room {number}, second floor",
    "Opening hours: {hour:02d}:00 to 18:00",
    "Thank you for your visit!",
    "Qty {day}   Unit price ${month}.{cents:02d}",
    "Reference: {number}-{day:02d}{month:02d}",
    "Do not bend.",
)

DETAILS = {
    "image": (
        "soft natural light from the side",
        "rich colours and fine texture",
        "a shallow depth of field",
        "a calm, balanced composition",
        "crisp detail in the foreground",
        "a gentle gradient in the background",
    ),
    "edit": (
        "keeping the original composition",
        "matching the light and shadows of the source",
        "with clean, natural edges",
        "preserving fine texture",
        "blending evenly with the surroundings",
    ),
    "video": (
        "a slow, steady camera movement",
        "smooth, natural motion",
        "light that changes gently over time",
        "consistent subjects from the first frame to the last",
        "a wide cinematic framing",
    ),
    "speech": (
        "Spoken calmly, with short pauses between the sentences.",
        "Let every word be clear and warm.",
        "Take your time, and end on a friendly note.",
    ),
    "music": (
        "a warm bass line",
        "brushed drums",
        "a clear melody that returns at the end",
        "wide, airy chords",
        "a steady groove",
    ),
}

IMAGE_PROMPTS = (
    "A watercolour of {topic}, early morning mist, soft light",
    "A wide photograph of {topic} at dusk, long shadows, rich colours",
    "A paper collage showing {topic}, bold shapes, muted palette",
    "A detailed ink drawing of {topic} on old parchment",
)

SPEECH_PROMPTS = (
    "Welcome back. Today we are going to talk about {topic}, and why it matters to all of us.",
    "Have you ever wondered about {topic}? Stay with me for a minute, and I will tell you more.",
    "It was a quiet evening when I first heard of {topic}. I have not forgotten it since.",
)

TOPICS = (
    "a lighthouse on a rocky coast",
    "a market in a mountain village",
    "an orchard in late summer",
    "a tram on a rainy street",
    "a library full of old maps",
)
