// Staff pages: htmx as an enhancement. Every flow works without this file.
import htmx from "htmx.org";

// Our security policy allows neither style elements nor eval.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
