"""What tests share: real servers, and what they are driven with."""
