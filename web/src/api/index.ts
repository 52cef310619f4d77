/* The server, as functions: what the generated client gives, told where the server is. */
import { apiPath } from '../lib/base';
import { setBasePath } from './generated/client';

setBasePath(apiPath);

export * from './generated/client';
