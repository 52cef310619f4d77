/* Where the app lives: below the <base> of index.html, which is the root unless a proxy says so. */

const address = new URL(document.baseURI);

/** Ends with a slash. */
export const basePath = address.pathname.replace(/[^/]*$/, '');

/** No slash at the end: the generated client adds the paths of the contract. */
export const apiPath = `${basePath}api`;
