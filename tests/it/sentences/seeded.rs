//! Sentences made of pieces.
