/* Who is logged in, and what the server is like. */
import { tick } from 'svelte';
import {
  ApiError,
  finishOAuth,
  getMyPreferences,
  getMyUser,
  getServerConfig,
  getServerFeatures,
  login,
  logout,
  startOAuth,
  type ServerConfig,
  type ServerFeatures,
  type UserAdminResponse,
  type UserPreferencesResponse,
} from '../api';
import { basePath } from './base';
import { offline } from './offline.svelte';
import { keepUnsavedOf } from './unsaved';

/** What a tab tells the others when somebody logs out in it; null: somebody logged in. */
const loggedOut = 'logged out';
/** Kept over the reload in which it is told. */
const changedKey = 'tintype-user-changed';

/** How long after it was read a user is as the server has it. */
const freshMs = 3_000;

class Session {
  user = $state.raw<UserAdminResponse | null>(null);
  config = $state.raw<ServerConfig | null>(null);
  features = $state.raw<ServerFeatures | null>(null);
  /** Null until they are known; the app does not wait for them. */
  preferences = $state.raw<UserPreferencesResponse | null>(null);
  /** Somebody else knows the password: before anything else a new one is chosen. Whoever logs in
   *  at a provider has none. */
  mustChangePassword = $derived(
    this.user !== null &&
      this.user.shouldChangePassword &&
      !this.user.isAdmin &&
      !this.user.oauthId,
  );
  /** The other tabs of the browser, which have the same login. */
  private readonly tabs = new BroadcastChannel(`tintype-session ${basePath}`);
  /** Whoever has just logged out is not logged in again by the page itself. */
  hasLoggedOut = false;
  /** A login that was not ended in this page is over: the next one is asked for with a reason. */
  hasEnded = $state(false);
  private readAt = -Infinity;

  constructor() {
    this.tabs.addEventListener('message', ({ data }) => {
      if (data === loggedOut) keepUnsavedOf(null);
    });
  }

  /** Ask the server what it is and, if this browser was logged in, whether it still is. Throws
   *  when the server cannot be reached. */
  async start(): Promise<void> {
    const wasLoggedIn = /(?:^|;\s*)immich_is_authenticated=true/.test(document.cookie);
    const [config, features, user] = await Promise.all([
      getServerConfig(),
      // Under maintenance only the config answers.
      getServerFeatures().catch((error: unknown) => error),
      wasLoggedIn ? this.readUser().catch((error: unknown) => error) : null,
    ]);
    this.config = config;
    if (config.maintenanceMode) return;
    for (const answer of [features, user]) if (answer instanceof Error) throw answer;
    this.features = features as ServerFeatures;
    this.enter(user as UserAdminResponse | null);
    this.hasEnded = wasLoggedIn && user === null;
  }

  /** Read what the server can do again: its settings were changed, which stays so where it does not tell. */
  async refresh(): Promise<void> {
    const answers = await Promise.all([getServerConfig(), getServerFeatures()]).catch(() => null);
    if (answers) [this.config, this.features] = answers;
  }

  async logIn(email: string, password: string): Promise<void> {
    await login({ body: { email, password } });
    this.enter(await getMyUser());
    this.tabs.postMessage(null);
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
    this.enter(await getMyUser());
    this.tabs.postMessage(null);
  }

  async logOut(): Promise<void> {
    const { redirectUri } = await logout();
    keepUnsavedOf(null);
    this.tabs.postMessage(loggedOut);
    await offline.forget();
    // A single sign-on server wants to be told as well.
    if (/^https?:/.test(redirectUri)) location.assign(redirectUri);
    this.hasLoggedOut = true;
    this.end();
  }

  /** All tabs share one login, which another tab may have changed: this one must not go on as somebody
   *  else. Throws when the server cannot be asked.
   *  @return whether it is still who it was; else the page ends or begins anew */
  async isSame(): Promise<boolean> {
    const { user } = this;
    if (!user) return true;
    const now = await this.readUser();
    if (now?.id === user.id) return true;
    if (this.user?.id !== user.id) return false;
    this.end();
    if (now) {
      sessionStorage.setItem(changedKey, 'yes');
      await tick(); // what was under way has ended
      location.reload();
    }
    return false;
  }

  /** Look whenever another tab, or a pause of this one, may have changed it. @return ends it */
  watch(): () => void {
    const look = (): void => {
      if (document.visibilityState === 'visible') void this.isSame().catch(() => undefined);
    };
    const lookAnyway = (): void => void this.isSame().catch(() => undefined);
    document.addEventListener('visibilitychange', look);
    this.tabs.addEventListener('message', lookAnyway);
    return () => {
      document.removeEventListener('visibilitychange', look);
      this.tabs.removeEventListener('message', lookAnyway);
    };
  }

  /** Whether this page began anew because somebody else is logged in now; told once. */
  takeChange(): boolean {
    const hasChanged = sessionStorage.getItem(changedKey) !== null;
    sessionStorage.removeItem(changedKey);
    return hasChanged;
  }

  /** What the server counts of this user changes all the time: read it again, unless that was just done. */
  async renew(): Promise<void> {
    if (performance.now() - this.readAt < freshMs) return;
    this.user = await getMyUser();
    this.readAt = performance.now();
  }

  /** Called when the server said 401 to something that needs a session. */
  end(): void {
    void offline.forget();
    this.hasEnded = !this.hasLoggedOut;
    this.user = null;
    this.preferences = null;
  }

  private enter(user: UserAdminResponse | null): void {
    this.user = user;
    if (!user) return;
    this.hasEnded = this.hasLoggedOut = false;
    this.readAt = performance.now();
    keepUnsavedOf(user.id);
    // Without them everything is shown as it is by default.
    getMyPreferences()
      .then((preferences) => (this.preferences = preferences))
      .catch(() => (this.preferences = null));
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
