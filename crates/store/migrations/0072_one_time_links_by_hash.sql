CREATE UNIQUE INDEX IF NOT EXISTS one_time_links_by_hash ON one_time_links (link_hash)
