/* What passwords and PIN codes must be like. */

export const shortestPassword = 8;

export function isLongEnough(password: string): boolean {
  return [...password].length >= shortestPassword;
}

export function isPinCode(text: string): boolean {
  return /^[0-9]{6}$/.test(text);
}
