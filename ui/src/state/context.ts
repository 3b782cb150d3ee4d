/** The page's shared objects, made once. Elements import them; nothing else is global. */
import { Api } from '../api/client';
import { Explore } from './explore';
import { Facets } from './facets';
import { Live } from './live';
import { settings } from './settings';
import { StatusPoller } from './status';

export const api = new Api(() => settings.value.tenant);
export const explore = new Explore(api);
export const facets = new Facets(api);
export const live = new Live(api);
export const status = new StatusPoller(api);
