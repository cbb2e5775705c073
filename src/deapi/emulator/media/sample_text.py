"""Sentences and phrases for the texts that jobs return."""

from __future__ import annotations

SPEECH = (
    "Good morning and thank you all for coming.",
    "Let us start with the plan for this week.",
    "The first train leaves a little after seven.",
    "I think we should look at the numbers again.",
    "She opened the window and listened to the rain.",
    "The garden behind the house is full of apples now.",
    "You can see the lighthouse from here on a clear day.",
    "There was a small boat tied to the old bridge.",
    "Please write to us if anything is unclear.",
    "The results were better than we had hoped.",
)

EVENTS = (
    "A person enters from the left",
    "Two people talk and one of them laughs",
    "A dog runs past the camera",
    "A hand picks up a cup from the table",
    "The camera turns slowly to the right",
    "A car stops and its door opens",
)

SCENES = (
    "Street, daytime",
    "Living room with a large window",
    "Park with trees, afternoon",
    "Office, several desks",
    "Beach at dusk",
    "Train platform, crowded",
)

DOCUMENT_LINES = (
    "INVOICE No. {number}",
    "Order {number} has been shipped.",
    "Total due: ${number}.00",
    "Please keep this receipt for your records.",
    "Room {number}, second floor",
    "Opening hours: 9:00 to 18:00",
    "Thank you for your visit!",
    "Reference: {number}-A",
)

ENHANCEMENTS = {
    "edit": "keeping the original composition, with clean, natural edges and matching light",
    "video": "smooth, natural motion, a slow camera movement, gently changing light",
    "speech": "Spoken calmly, with short pauses between the sentences.",
    "music": "a warm bass line, a clear melody that returns at the end, wide, airy chords",
    "image": "soft natural light from the side, fine texture, a calm, balanced composition",
}

IMAGE_PROMPTS = (
    "A watercolor of {topic}, early morning mist, soft light",
    "A wide photograph of {topic} at dusk, long shadows, rich colors",
    "A detailed ink drawing of {topic} on old parchment",
)

SPEECH_PROMPTS = (
    "Welcome back. Today we are going to talk about {topic}, and why it matters to all of us.",
    "It was a quiet evening when I first heard of {topic}. I have not forgotten it since.",
)

TOPICS = (
    "a lighthouse on a rocky coast",
    "a market in a mountain village",
    "an orchard in late summer",
    "a tram on a rainy street",
)
