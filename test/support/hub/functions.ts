import { awsCall } from './aws-call.ts';

const functions = '/2015-03-31/functions/';

/** Full names of the deployed functions that hold this text; all with ''. */
export async function functionNames(endpoint: string, part: string): Promise<string[]> {
  const text = await awsCall({ endpoint, service: 'lambda', method: 'GET', path: functions });
  const { Functions } = JSON.parse(text) as { Functions: { FunctionName: string }[] };
  return Functions.map(({ FunctionName }) => FunctionName).filter((name) => name.includes(part));
}

/** Adds variables to the environment of every deployed function, as an operator could in the console; their warm processes end. */
export async function addToEnvironments(endpoint: string, more: Record<string, string>): Promise<void> {
  for (const name of await functionNames(endpoint, '')) {
    const path = `${functions}${name}/configuration`;
    const text = await awsCall({ endpoint, service: 'lambda', method: 'GET', path });
    const { Environment } = JSON.parse(text) as { Environment?: { Variables: Record<string, string> } };
    const body = JSON.stringify({ Environment: { Variables: { ...Environment?.Variables, ...more } } });
    await awsCall({ endpoint, service: 'lambda', method: 'PUT', path, body });
  }
}
