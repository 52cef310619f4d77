-- 0045-shared-link-token.sql: what a visitor carries who knew the password of a link
ALTER TABLE shared_link ADD COLUMN login_token BYTEA; -- random, 32 bytes, made anew with each password; NULL: no password
