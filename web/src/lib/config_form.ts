/* The settings of the server as a list of fields, and values by their path: "ffmpeg.realtime.enabled". */
import type { AdminConfig } from '../api/generated/client';
import { configFields, type FieldKind } from './config_fields';

export type SectionName = keyof AdminConfig;

/** The paths of all settings below a section: "realtime.enabled". */
export type PathIn<T> = {
  [K in keyof T & string]: NonNullable<T[K]> extends string | number | boolean | readonly unknown[]
    ? K
    : `${K}.${PathIn<NonNullable<T[K]>>}`;
}[keyof T & string];

export interface ConfigField {
  /** Below its section. */
  path: string;
  kind: FieldKind;
}

function isKind(value: object): value is FieldKind {
  return typeof (value as { kind?: unknown }).kind === 'string';
}

function flatten(tree: object, prefix = ''): ConfigField[] {
  return Object.entries(tree as Record<string, object>).flatMap(([name, value]) =>
    isKind(value) ? [{ path: prefix + name, kind: value }] : flatten(value, `${prefix}${name}.`),
  );
}

export const sectionNames = Object.keys(configFields) as SectionName[];

export function fieldsOf(section: SectionName): ConfigField[] {
  return flatten(configFields[section]);
}

export function valueAt(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], tree);
}

/** A copy that has other values at these paths. */
export function withValues<T>(tree: T, values: Readonly<Record<string, unknown>>): T {
  const copy = structuredClone(tree);
  for (const [path, value] of Object.entries(values)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    const holder = names.reduce<Record<string, unknown>>(
      (part, name) => (part[name] ??= {}) as Record<string, unknown>,
      copy as Record<string, unknown>,
    );
    holder[last] = value;
  }
  return copy;
}

export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** Whether each word of what is searched for stands in one of the texts. */
export function matches(wanted: string, texts: readonly string[]): boolean {
  const all = texts.join(' ').toLocaleLowerCase();
  return wanted
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
