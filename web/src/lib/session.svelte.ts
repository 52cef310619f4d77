/* Who is logged in, and what the server is like. */
import {
  ApiError,
  finishOAuth,
  getMyUser,
  getServerConfig,
  getServerFeatures,
  login,
  logout,
  startOAuth,
  type ServerConfig,
  type ServerFeatures,
  type UserAdminResponse,
} from '../api';
import { offline } from './offline.svelte';

class Session {
  user = $state.raw<UserAdminResponse | null>(null);
  config = $state.raw<ServerConfig | null>(null);
  features = $state.raw<ServerFeatures | null>(null);
  /** Whoever has just logged out is not logged in again by the page itself. */
  hasLoggedOut = false;

  /** Ask the server what it is and, if this browser was logged in, whether it still is. Throws
   *  when the server cannot be reached. */
  async start(): Promise<void> {
    const wasLoggedIn = /(?:^|;\s*)immich_is_authenticated=true/.test(document.cookie);
    const [config, features, user] = await Promise.all([
      getServerConfig(),
      getServerFeatures(),
      wasLoggedIn ? this.readUser() : null,
    ]);
    this.config = config;
    this.features = features;
    this.user = user;
  }

  async logIn(email: string, password: string): Promise<void> {
    await login({ body: { email, password } });
    this.user = await getMyUser();
    if (this.config) this.config = { ...this.config, isInitialized: true };
  }

  /** Leave for the provider, which sends the browser back to @redirectUri with a code. */
  async leaveForProvider(redirectUri: string): Promise<void> {
    const { url } = await startOAuth({ body: { redirectUri } });
    location.assign(url);
  }

  /** @param url  to which the provider sent the browser back */
  async comeBack(url: string): Promise<void> {
    await finishOAuth({ body: { url } });
    this.user = await getMyUser();
  }

  async logOut(): Promise<void> {
    const { redirectUri } = await logout();
    await offline.forget();
    // A single sign-on server wants to be told as well.
    if (/^https?:/.test(redirectUri)) location.assign(redirectUri);
    this.hasLoggedOut = true;
    this.user = null;
  }

  /** Called when the server said 401 to something that needs a session. */
  end(): void {
    void offline.forget();
    this.user = null;
  }

  private async readUser(): Promise<UserAdminResponse | null> {
    try {
      return await getMyUser();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  }
}

export const session = new Session();
