-- Parts are merged ten at a time rather than five, so that each line is rewritten less often while they come
-- fast, and an insert writes one file of columns instead of forty (decision 16).
ALTER TABLE logs MODIFY SETTING merge_selector_base = 10, min_bytes_for_wide_part = 67108864;
