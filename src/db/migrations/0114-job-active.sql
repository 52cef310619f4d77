-- 0114-job-active.sql: whether a job of this name and key runs already, asked of each that is to start
CREATE INDEX job_active ON job (name, key) WHERE state = 'active';
