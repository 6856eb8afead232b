/** The link was opened: what came with it is kept, and the address is forgotten. */
import { keepSecret } from './own.ts';

keepSecret(document.querySelector<HTMLMetaElement>('meta[name=station]')?.content ?? '');
location.replace('/');
