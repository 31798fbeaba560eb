import { render } from 'preact';
import { App } from './app';
import { startRouting, writeAddress } from './state/route';
import { startTheme } from './state/theme';
import { load } from './state/trace';
import './style/base.css';
import './style/parts.css';
import './style/timeline.css';

startTheme();
startRouting();
addEventListener('pagehide', writeAddress);
const app = document.getElementById('app');
if (app) render(<App />, app);
void load();
