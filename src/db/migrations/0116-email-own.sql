-- 0116-email-own.sql: whose word an e-mail is
ALTER TABLE users ADD COLUMN is_email_own SMALLINT NOT NULL DEFAULT 0; -- its user's: no provider's login finds it
