-- Parts that were merged away are deleted within seconds. By default the engine looks for them every 30 to 300
-- seconds, and less often the more there is: for minutes after a load the lines took twice their space.
ALTER TABLE logs MODIFY SETTING
    cleanup_delay_period = 5, cleanup_delay_period_random_add = 1, max_cleanup_delay_period = 10;
