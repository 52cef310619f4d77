/* Parts of the contract that this server does not have yet. */
import { ApiError } from '../api';

export function isNotBuilt(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 501;
}
