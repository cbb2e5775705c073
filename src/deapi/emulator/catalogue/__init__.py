"""The models that the emulator offers: limits, features, languages and voices."""
