#!/usr/bin/env node
// missing_operations.mjs -- which operations of the contract a running server does not have yet
//
//   TINTYPE_API_KEY=... tools/missing_operations.mjs http://127.0.0.1:2283 >docs/missing-operations.md
//
// The key is an admin's and holds "all". Nothing is changed: an operation that is not built says so
// (501) before it looks at its input, and one that is built refuses the query of these requests.
// tests/api/coverage.test.mjs holds the page against the server, and writes it with
// TINTYPE_WRITE_MISSING=1.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Contract } from '../tests/api/contract.mjs';

const BROKEN_QUERY = '?%zz';

/** A value that a path or query parameter takes. */
export function exampleText(contract, schema) {
  const target = contract.resolve(schema);
  if (target.format === 'uuid') return '6cb36bd2-5cd2-4a4b-8d2b-2b1b0b1d7a10';
  if (target.enum) return String(target.enum[0]);
  if (target.type === 'integer' || target.type === 'number') return String(target.minimum ?? 1);
  if (target.pattern?.includes('init')) return 'init.mp4';
  return 'something';
}

/** The path of a request to @param operation, each parameter being what @param choose says. */
export function fillPath(operation, choose) {
  const inPath = (operation.parameters ?? []).filter((each) => each.in === 'path');
  return inPath.reduce((path, each) => path.replace(`{${each.name}}`, encodeURIComponent(choose(each))), operation.path);
}

/** @return the answer of @param operation to a caller who may call it, which did nothing */
export async function probe(base, contract, operation, headers = {}) {
  const path = fillPath(operation, (each) => exampleText(contract, each.schema));
  const response = await fetch(`${base}/api${path}${BROKEN_QUERY}`, { method: operation.method, headers });
  return { status: response.status, message: (await response.json().catch(() => ({}))).message };
}

/** @param headers  the credential of an admin. @return the operations that answer 501 */
export async function findMissing(base, contract, headers) {
  const missing = [];
  for (const operation of contract.operations) {
    const { status, message } = await probe(base, contract, operation, headers);
    if (status === 501) missing.push(operation);
    else if (status !== 400) throw new Error(`${operation.method} ${operation.path}: ${status} ${message}`);
  }
  return missing;
}

/** The page docs/missing-operations.md. */
export function render(contract, missing) {
  const compare = (a, b) => (a < b ? -1 : Number(a > b));
  const all = [...missing].sort((a, b) => compare(a.path, b.path) || compare(a.method, b.method));
  const areas = [...new Set(all.flatMap((each) => each.tags))].sort();
  const lines = areas.flatMap((area) => [
    `## ${area}`,
    '',
    ...all
      .filter((each) => each.tags[0] === area)
      .map((each) => `- \`${each.method} ${each.path}\` ${each.operationId}${each.deprecated ? ' (older clients)' : ''}`),
    '',
  ]);
  return [
    '# Operations that are not built yet',
    '',
    `Of ${contract.operations.length} operations, those of older clients included, ${all.length} answer 501 so far:`,
    'they are declared, and who may call them is checked, but nothing is behind them. A test holds this',
    'page against the server; TINTYPE_WRITE_MISSING=1 node --test tests/api/coverage.test.mjs writes it.',
    '',
    ...lines,
  ].join('\n').trimEnd() + '\n';
}

async function main(base) {
  const apiKey = process.env.TINTYPE_API_KEY;
  if (!base || !apiKey) throw new Error('usage: TINTYPE_API_KEY=KEY missing_operations.mjs URL');
  const contract = await Contract.of(base);
  const missing = await findMissing(base, contract, { 'x-api-key': apiKey });
  process.stdout.write(render(contract, missing));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main(process.argv[2]?.replace(/\/+$/, '')).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
