/* Workflows as they are edited: steps with the config that a form fills in, and what the server says
 * is wrong with it. */
import {
  ApiError,
  type PluginMethodResponse,
  type WorkflowResponse,
  type WorkflowStep,
  type WorkflowTrigger,
} from '../api';
import { t } from './preferences.svelte';

/** The part of JSON Schema that methods describe their configs with. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  uiHint?: string;
  enum?: string[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

export type Config = Record<string, unknown>;

export interface DraftStep {
  /** Of the list on the page. */
  key: number;
  method: string;
  enabled: boolean;
  config: Config;
}

export interface Draft {
  /** Null until it is saved. */
  id: string | null;
  name: string;
  description: string;
  trigger: WorkflowTrigger;
  enabled: boolean;
  logging: boolean;
  steps: DraftStep[];
}

let nextKey = 1;

export function draftStep(method: string, config: Config | null, enabled = true): DraftStep {
  return { key: nextKey++, method, enabled, config: structuredClone(config ?? {}) };
}

type Source = Pick<WorkflowResponse, 'name' | 'description' | 'trigger' | 'steps'> &
  Partial<Pick<WorkflowResponse, 'id' | 'enabled' | 'logging'>>;

export function draftOf(source: Source): Draft {
  return {
    id: source.id ?? null,
    name: source.name ?? '',
    description: source.description ?? '',
    trigger: source.trigger,
    enabled: source.enabled ?? true,
    logging: source.logging ?? true,
    steps: source.steps.map(({ method, config, enabled }) => draftStep(method, config, enabled)),
  };
}

export const triggers: WorkflowTrigger[] = [
  'AssetCreate',
  'AssetMetadataExtraction',
  'AssetTagged',
];

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStep(value: unknown): value is WorkflowStep {
  return (
    isObject(value) &&
    typeof value.method === 'string' &&
    (value.config === null || value.config === undefined || isObject(value.config))
  );
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Read what somebody else copied. @return null when it is no workflow */
export function parseShared(text: string): Draft | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || !Array.isArray(value.steps) || !value.steps.every(isStep)) return null;
  const { trigger } = value;
  const known = triggers.find((name) => name === trigger);
  if (!known) return null;
  const [name, description] = [textOrNull(value.name), textOrNull(value.description)];
  return draftOf({ name, description, trigger: known, steps: value.steps as WorkflowStep[] });
}

/** Without what was left empty: an empty field is one that is not there. */
export function cleanConfig(config: Config): Config {
  const out: Config = {};
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined || value === null || value === '') continue;
    const inner = isObject(value) ? cleanConfig(value) : value;
    if (isObject(inner) && Object.keys(inner).length === 0) continue;
    out[name] = inner;
  }
  return out;
}

/** For the server. */
export function stepsOf(draft: Draft): WorkflowStep[] {
  return draft.steps.map(({ method, config, enabled }) => {
    const clean = cleanConfig(config);
    return { method, enabled, config: Object.keys(clean).length > 0 ? clean : null };
  });
}

/** What the server found wrong: "steps.0.config.pattern" -> sentence. Null: it was something else. */
export function faultsOf(error: unknown): Record<string, string> | null {
  if (!(error instanceof ApiError) || error.status !== 400 || error.errors.length === 0)
    return null;
  return Object.fromEntries(error.errors.map(({ path, message }) => [path.join('.'), message]));
}

/** The sentence about a field, or about something in it. */
export function faultAt(faults: Record<string, string>, path: string): string | undefined {
  const found = Object.keys(faults).find((each) => each === path || each.startsWith(`${path}.`));
  return found === undefined ? undefined : faults[found];
}

export function isFilter(method: PluginMethodResponse): boolean {
  return method.uiHints.includes('Filter');
}

export function schemaOf(method: PluginMethodResponse): Schema | null {
  return (method.schema as Schema | undefined) ?? null;
}

/* ---- words: the server's, in the language of the page ---- */

export function methodTitle(key: string, method: PluginMethodResponse | undefined): string {
  return method ? t().workflows.server(method.title) : key;
}

export function fieldTitle(name: string, schema: Schema): string {
  return t().workflows.server(schema.title ?? name);
}

export function optionTitle(option: string): string {
  return t().workflows.options[option] ?? option;
}
