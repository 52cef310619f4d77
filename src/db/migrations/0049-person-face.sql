-- 0049-person-face.sql: whose picture a face is, asked whenever a face or its photo goes
CREATE INDEX person_face ON person (face_id) WHERE face_id IS NOT NULL;
