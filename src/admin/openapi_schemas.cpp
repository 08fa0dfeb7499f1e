// The shapes of the API's bodies (JSON Schema 2020-12). Members may be added to an answer at any time, so no answer is
// closed; a request's body is.
#include "admin/openapi.hpp"

namespace cachearr::admin {

namespace {

constexpr std::string_view kSchemas = R"json({
"Problem": {"type": "object", "description": "RFC 9457", "required": ["title", "status", "detail"], "properties": {
  "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
  "problems": {"type": "array", "description": "of configuration or rules in an export that is refused", "items": {"$ref": "#/components/schemas/Place"}}}},
"Ping": {"type": "object", "required": ["status"], "properties": {"status": {"const": "OK"}}},
"Tier": {"type": "object", "required": ["keys", "bytes", "maxBytes", "percent"], "properties": {
  "keys": {"type": "integer"}, "bytes": {"type": "integer"}, "maxBytes": {"type": "integer"}, "percent": {"type": "integer"}}},
"CacheHealth": {"type": "object", "required": ["data"], "properties": {"data": {"type": "object", "required": ["status", "message", "details"],
  "properties": {"status": {"enum": ["healthy", "degraded", "down"]}, "message": {"type": "string"}, "details": {"type": "object",
  "required": ["memory", "disk", "reasons"], "properties": {"memory": {"$ref": "#/components/schemas/Tier"},
  "disk": {"anyOf": [{"$ref": "#/components/schemas/Tier"}, {"type": "null"}]}, "shared": {"enum": ["off", "away", "catching-up", "ready"]}, "reasons": {"type": "array", "items": {"type": "string"}}}}}}}},
"CacheStats": {"type": "object", "required": ["data"], "properties": {"data": {"type": "object",
  "required": ["keys", "memoryBytes", "diskBytes", "hits", "misses", "hitRate", "missRate", "expiringSoon"], "properties": {
  "keys": {"type": "integer"}, "memoryBytes": {"type": "integer"}, "memoryMaxBytes": {"type": "integer"}, "diskBytes": {"type": "integer"},
  "diskMaxBytes": {"type": "integer"}, "hits": {"type": "integer"}, "misses": {"type": "integer"}, "hitRate": {"type": "number"},
  "missRate": {"type": "number"}, "expiringSoon": {"type": "integer"}, "evictions": {"type": "integer"}, "collapsed": {"type": "integer"},
  "bytesToClients": {"type": "integer"}, "bytesFromUpstreams": {"type": "integer"}}}}},
"SystemStatus": {"type": "object", "required": ["appName", "version", "startTime"], "properties": {
  "appName": {"type": "string"}, "instanceName": {"type": "string"}, "version": {"type": "string"}, "startTime": {"type": "string", "format": "date-time"}}},
"HealthNotes": {"type": "array", "items": {"type": "object", "required": ["source", "type", "message"], "properties": {
  "source": {"type": "string"}, "type": {"enum": ["ok", "notice", "warning", "error"]}, "message": {"type": "string"}, "wikiUrl": {"type": "string"}}}},
"Explanation": {"type": "object", "required": ["upstream", "rule", "decision", "meaning"], "properties": {
  "upstream": {"type": ["string", "null"]}, "rule": {"type": ["string", "null"]}, "key": {"type": "string"}, "decision": {"type": "string"},
  "meaning": {"type": "string"}, "ttl": {"type": ["integer", "null"]}, "ttlSource": {"type": ["string", "null"]}, "policy": {"type": "string"},
  "ttlFrom": {"type": "array", "items": {"type": "object", "required": ["when", "ttl"], "properties": {"when": {"type": "string"}, "ttl": {"type": "integer"}}}},
  "ttlLearned": {"type": "object", "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}}}, "ttlWithEvents": {"type": "integer"},
  "forward": {"type": ["string", "null"]}, "detail": {"type": ["string", "null"]}, "cacheStatus": {"type": "string"},
  "stored": {"type": ["object", "null"]}, "limit": {"type": ["object", "null"]}, "shared": {"type": ["object", "null"],
  "required": ["applies", "why"], "properties": {"applies": {"type": "boolean"}, "why": {"type": "string"}, "record": {"type": ["object", "null"],
  "properties": {"there": {"type": "boolean"}, "notBelieved": {"type": ["string", "null"]}, "freshUntil": {"type": ["string", "null"]},
  "staleUntil": {"type": ["string", "null"]}, "fetchedBy": {"type": ["string", "null"]}}}, "limits": {"type": "object",
  "required": ["mode"], "properties": {"mode": {"type": "string"}, "members": {"type": "integer"}, "tokens": {"type": "integer"},
  "quotasLeft": {"type": "array", "items": {"type": "integer"}}}}}}}},
"RuleTest": {"type": "object", "required": ["url"], "additionalProperties": false, "properties": {"url": {"type": "string"},
  "method": {"type": "string"}, "headers": {"type": "object"}, "status": {"type": "integer", "minimum": 200, "maximum": 599},
  "responseHeaders": {"type": "object"}, "body": {"type": "string"},
  "rules": {"description": "a rules file that decides instead of the user's files", "type": ["object", "string"]},
  "file": {"description": "the user's file that it stands in for, beside his other ones", "type": "string"}}},
"RulesVersions": {"type": "array", "items": {"type": "object", "required": ["version", "kept", "size"], "properties": {
  "version": {"type": "integer"}, "kept": {"type": "string"}, "size": {"type": "integer"}}}},
"RulesFiles": {"type": "object", "required": ["files", "gone"], "properties": {"files": {"type": "array", "items": {"type": "object",
  "required": ["name", "path", "writable", "size", "changed", "versions"], "properties": {"name": {"type": "string"}, "path": {"type": "string"},
  "writable": {"type": "boolean"}, "size": {"type": "integer"}, "changed": {"type": "string"}, "versions": {"$ref": "#/components/schemas/RulesVersions"}}}},
  "gone": {"type": "array", "items": {"type": "object", "required": ["name", "versions"], "properties": {"name": {"type": "string"},
  "versions": {"$ref": "#/components/schemas/RulesVersions"}}}}}},
"RulesFileChanged": {"type": "object", "required": ["taken", "changes", "problems", "path"], "properties": {"taken": {"type": "boolean"},
  "changes": {"type": "array", "items": {"type": "string"}}, "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Place"}},
  "path": {"type": "string"}}},
"LogLines": {"type": "object", "required": ["lines"], "properties": {"lines": {"type": "array", "items": {"type": "object",
  "required": ["number", "time", "level", "message"], "properties": {"number": {"type": "integer"}, "time": {"type": "string"},
  "level": {"enum": ["trace", "debug", "info", "warning", "error"]}, "message": {"type": "string"}}}}}},
"Refreshed": {"type": "object", "required": ["fetched", "fresh", "later", "leftOut", "failed", "pending", "why"], "properties": {
  "fetched": {"type": "integer"}, "fresh": {"type": "integer"}, "later": {"type": "integer"}, "leftOut": {"type": "integer"},
  "failed": {"type": "integer"}, "pending": {"type": "integer"}, "why": {"type": ["string", "null"]}}},
"RuleTested": {"type": "object", "required": ["upstream", "rule", "answer"], "properties": {"upstream": {"type": ["string", "null"]},
  "rule": {"type": ["string", "null"]}, "key": {"type": "string"}, "ttl": {"type": ["integer", "null"]}, "ttlSource": {"type": "string"},
  "answer": {"type": ["object", "null"], "required": ["kind", "stored", "why", "ttl", "ttlSource"], "properties": {
  "kind": {"enum": ["answer", "no answer", "limit"]}, "stored": {"type": "boolean"}, "why": {"type": ["string", "null"]},
  "ttl": {"type": ["integer", "null"]}, "ttlSource": {"type": ["string", "null"]}}}}},
"Quota": {"type": "object", "required": ["per", "limit", "remaining", "reset"], "properties": {"per": {"type": "string"},
  "limit": {"type": "integer"}, "remaining": {"type": "integer"}, "reset": {"type": "string"}, "resetSeconds": {"type": "integer"},
  "of": {"enum": ["calls", "grabs"]}, "source": {"enum": ["rules", "upstream"]}}},
"Upstream": {"type": "object", "required": ["name", "mode", "tokens", "waiting", "quota", "cooldownUntil", "breaker"], "properties": {
  "name": {"type": "string"}, "mode": {"enum": ["live", "prefer-cache", "offline"]}, "tokens": {"type": ["integer", "null"]},
  "waiting": {"type": "integer"}, "inFlight": {"type": "integer"}, "quota": {"type": "array", "items": {"$ref": "#/components/schemas/Quota"}},
  "cooldownUntil": {"type": ["string", "null"]}, "cooldownSeconds": {"type": "integer"}, "cooldownWhy": {"type": ["string", "null"]},
  "breaker": {"type": "object", "required": ["state"], "properties": {"state": {"enum": ["closed", "open", "half-open"]},
  "until": {"type": ["string", "null"]}, "failuresInARow": {"type": "integer"}}}, "latencyMs": {"type": "integer"},
  "requests": {"type": "integer"}, "pool": {"type": "object"}, "events": {"type": ["object", "null"], "required": ["state"],
  "properties": {"state": {"enum": ["off", "connecting", "connected", "polling", "down"]}, "since": {"type": ["string", "null"]},
  "messages": {"type": "integer"}, "invalidations": {"type": "integer"}, "lastError": {"type": ["string", "null"]}}}, "lanes": {"type": "array", "items": {"type": "object"}}}},
"Upstreams": {"type": "object", "required": ["upstreams"], "properties": {"upstreams": {"type": "array",
  "items": {"$ref": "#/components/schemas/Upstream"}}}},
"Place": {"type": "object", "required": ["file", "line", "column", "message"], "properties": {"file": {"type": "string"},
  "line": {"type": "integer"}, "column": {"type": "integer"}, "message": {"type": "string"}}},
"Rules": {"type": "object", "required": ["paths", "files", "upstreams", "rules"], "properties": {
  "paths": {"type": "array", "items": {"type": "string"}}, "files": {"type": "array", "items": {"type": "string"}},
  "upstreams": {"type": "array", "items": {"type": "object"}}, "rules": {"type": "array", "items": {"type": "object"}}}},
"RulesFile": {"type": "object", "description": "a rules file; rules/schema.json describes it"},
"Validation": {"type": "object", "required": ["valid", "problems"], "properties": {"valid": {"type": "boolean"},
  "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Place"}}}},
"Nothing": {"type": "object", "additionalProperties": false},
"Reload": {"type": "object", "required": ["taken", "changes", "problems"], "properties": {"taken": {"type": "boolean"},
  "changes": {"type": "array", "items": {"type": "string"}}, "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Place"}}}},
"Key": {"type": "object", "required": ["key", "type", "size", "age", "ttl", "hits", "hitRate", "tier"], "properties": {
  "key": {"type": "string"}, "type": {"type": "string"}, "upstream": {"type": "string"}, "status": {"type": "integer"},
  "size": {"type": "integer"}, "age": {"type": "integer"}, "ttl": {"type": "integer"}, "hits": {"type": "integer"},
  "hitRate": {"type": "number"}, "tier": {"enum": ["memory", "disk", "both"]}}},
"KeyPage": {"type": "object", "required": ["keys", "cursor"], "properties": {
  "keys": {"type": "array", "items": {"$ref": "#/components/schemas/Key"}}, "cursor": {"type": ["string", "null"]}}},
"KeySet": {"type": "object", "required": ["key", "size", "replaced"], "properties": {"key": {"type": "string"},
  "size": {"type": "integer"}, "replaced": {"type": "boolean"}}},
"Deleted": {"type": "object", "required": ["deleted"], "properties": {"deleted": {"type": "integer"}}},
"TimeToLive": {"type": "object", "description": "seconds; -2: no such key, -1: no end", "required": ["ttl"], "properties": {"ttl": {"type": "integer"}}},
"Expiry": {"type": "object", "required": ["ttl"], "additionalProperties": false, "properties": {
  "ttl": {"description": "seconds, a duration such as 15m, or null: never", "type": ["integer", "string", "null"]}}},
"KeyNames": {"type": "object", "required": ["keys"], "additionalProperties": false, "properties": {
  "keys": {"type": "array", "maxItems": 1000, "items": {"type": "string"}}}},
"Values": {"type": "object", "required": ["values"], "properties": {"values": {"type": "array", "items": {"anyOf": [{"type": "null"},
  {"type": "object", "required": ["key", "contentType"], "properties": {"key": {"type": "string"}, "contentType": {"type": "string"},
  "body": {"type": "string"}, "bodyBase64": {"type": "string"}, "contentEncoding": {"type": "string"}}}]}}}},
"Selection": {"type": "object", "description": "exactly one of keys, pattern, tag, upstream and all", "additionalProperties": false, "properties": {
  "keys": {"type": "array", "items": {"type": "string"}}, "pattern": {"type": "string"}, "tag": {"type": "string"},
  "upstream": {"type": "string"}, "all": {"const": true}, "soft": {"type": "boolean"}, "local": {"type": "boolean"}}},
"Purged": {"type": "object", "required": ["purged"], "properties": {"purged": {"type": "integer"}, "shared": {"enum": ["sent", "queued", "off"]}}},
"Points": {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": ["number", "null"]}]}},
"History": {"type": "object", "required": ["from", "to", "step", "series"], "properties": {"from": {"type": "integer"},
  "to": {"type": "integer"}, "step": {"type": "integer"}, "series": {"type": "array", "items": {"type": "object",
  "required": ["name", "points"], "properties": {"name": {"type": "string"}, "upstream": {"type": "string"}, "type": {"type": "string"},
  "points": {"$ref": "#/components/schemas/Points"}}}}}},
"Summary": {"type": "object", "required": ["status", "hitRatio", "requests", "upstreamCalls", "callsSaved", "entries", "cacheBytes", "alerts"],
  "properties": {"status": {"enum": ["healthy", "degraded", "down"]}, "hitRatio": {"type": ["number", "null"]},
  "hitRatio1m": {"type": ["number", "null"]}, "hitRatio10m": {"type": ["number", "null"]}, "hitRatio1h": {"type": ["number", "null"]},
  "hitRatio24h": {"type": ["number", "null"]}, "requests": {"type": "integer"}, "upstreamCalls": {"type": "integer"},
  "callsSaved": {"type": "integer"}, "entries": {"type": "integer"}, "cacheBytes": {"type": "integer"}, "alerts": {"type": "integer"},
  "uptimeSeconds": {"type": "integer"}}},
"Shared": {"type": "object", "required": ["enabled", "state", "problem", "members"], "properties": {"enabled": {"type": "boolean"},
  "state": {"enum": ["off", "away", "catching-up", "ready"]}, "problem": {"type": ["string", "null"]}, "server": {"type": "string"},
  "instance": {"type": "string"}, "breaker": {"enum": ["open", "closed"]}, "roundTripMicroseconds": {"type": "integer"},
  "clockOffsetMs": {"type": "integer"}, "lagMs": {"type": "integer"}, "memory": {"type": "object"}, "records": {"type": "object"},
  "invalidations": {"type": "object"}, "sweep": {"type": "object", "required": ["running", "sweeps", "removed", "lastAt", "lastMs", "lastSeen",
  "lastRemoved"], "properties": {"running": {"type": "boolean"}, "sweeps": {"type": "integer"}, "removed": {"type": "integer"},
  "lastAt": {"type": ["string", "null"]}, "lastMs": {"type": "integer"}, "lastSeen": {"type": "integer"}, "lastRemoved": {"type": "integer"}}},
  "members": {"type": "array", "items": {"type": "object", "required": ["name", "seen", "self"],
  "properties": {"name": {"type": "string"}, "address": {"type": "string"}, "version": {"type": "string"}, "rules": {"type": "string"},
  "seen": {"type": "string"}, "self": {"type": "boolean"}}}},
  "limits": {"type": "array", "items": {"type": "object", "required": ["upstream", "state", "members", "draws"],
  "properties": {"upstream": {"type": "string"}, "state": {"enum": ["joining", "connected", "cut off", "away"]},
  "members": {"type": "integer"}, "draws": {"type": "integer"}, "tokens": {"type": "integer"},
  "quotasLeft": {"type": "array", "items": {"type": "integer"}}}}}}},
"SweepStarted": {"type": "object", "required": ["started"], "properties": {"started": {"type": "boolean"}}},
"Alert": {"type": "object", "required": ["id", "severity", "message", "advice", "since", "resolved"], "properties": {"id": {"type": "string"},
  "subject": {"type": "string"}, "severity": {"enum": ["notice", "warning", "error"]}, "message": {"type": "string"},
  "advice": {"type": "string"}, "since": {"type": "string"}, "resolved": {"type": ["string", "null"]}}},
"Alerts": {"type": "object", "required": ["firing", "recent"], "properties": {
  "thresholds": {"type": "object"}, "firing": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}}, "recent": {"type": "array", "items": {"$ref": "#/components/schemas/Alert"}}}},
"Saved": {"type": "object", "required": ["calls", "bytes", "quotaUnits", "seconds"], "properties": {"calls": {"type": "integer"},
  "bytes": {"type": "integer"}, "quotaUnits": {"type": "integer"}, "seconds": {"type": "number"}}},
"Savings": {"type": "object", "required": ["days", "upstreams", "clients", "total"], "properties": {
  "days": {"type": "array", "items": {"$ref": "#/components/schemas/Saved"}}, "upstreams": {"type": "array", "items": {"$ref": "#/components/schemas/Saved"}},
  "clients": {"type": "array", "items": {"$ref": "#/components/schemas/Saved"}}, "total": {"$ref": "#/components/schemas/Saved"}}},
"KeyUses": {"type": "object", "required": ["keys"], "properties": {"of": {"type": "integer"}, "asOf": {"type": "string"}, "keys": {"type": "array",
  "items": {"type": "object", "required": ["key", "type", "upstream", "size", "hits", "requests", "hitRate", "ttl", "saved"], "properties": {
  "key": {"type": "string"}, "hits": {"type": "integer"}, "requests": {"type": "integer"}, "hitRate": {"type": "number"}, "ttl": {"type": "integer"},
  "saved": {"$ref": "#/components/schemas/Saved"}}}}}},
"RuleRate": {"type": "object", "required": ["rule", "keys", "requests", "hitRate"], "properties": {"rule": {"type": "string"}, "keys": {"type": "integer"},
  "requests": {"type": "integer"}, "hitRate": {"type": "number"}, "ttl": {"type": ["integer", "null"]}, "halvedTtl": {"type": ["integer", "null"]}}},
"OptimizerState": {"type": "object", "required": ["mode", "inForce"], "properties": {"mode": {"enum": ["off", "suggest", "on"]},
  "below": {"type": "integer"}, "inForce": {"type": "array", "items": {"$ref": "#/components/schemas/RuleRate"}}}},
"OptimizerWish": {"type": "object", "additionalProperties": false, "properties": {"apply": {"type": "boolean"}}},
"OptimizerDecision": {"type": "object", "required": ["applied", "halve", "undo"], "properties": {"applied": {"type": "boolean"},
  "halve": {"type": "array", "items": {"$ref": "#/components/schemas/RuleRate"}}, "undo": {"type": "array", "items": {"$ref": "#/components/schemas/RuleRate"}}}},
"Job": {"type": "object", "required": ["id", "type", "state", "began", "done", "total", "fetched", "fresh", "skipped", "failed"], "properties": {
  "id": {"type": "integer"}, "type": {"type": "string"}, "only": {"type": ["string", "null"]}, "cause": {"enum": ["request", "startup", "schedule"]},
  "state": {"enum": ["running", "done", "failed", "cancelled"]}, "began": {"type": "string"}, "ended": {"type": ["string", "null"]},
  "done": {"type": "integer"}, "total": {"type": "integer"}, "totalIsKnown": {"type": "boolean"}, "fetched": {"type": "integer"},
  "fresh": {"type": "integer"}, "skipped": {"type": "integer"}, "failed": {"type": "integer"}, "perMinute": {"type": "number"},
  "endsAbout": {"type": ["string", "null"]}, "waitsUntil": {"type": ["string", "null"]}, "problem": {"type": ["string", "null"]}}},
"Jobs": {"type": "object", "required": ["jobs", "prefetch"], "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
  "prefetch": {"type": "object", "required": ["rounds", "taken", "unasked", "unknown", "notWorth", "rules"], "properties": {
  "rounds": {"type": "integer"}, "lastRound": {"type": ["string", "null"]}, "taken": {"type": "integer"}, "unasked": {"type": "integer"}, "seldom": {"type": "integer"},
  "unknown": {"type": "integer"}, "notWorth": {"type": "integer"}, "beyond": {"type": "integer"}, "watched": {"type": "integer"},
  "rules": {"type": "array", "items": {"type": "object", "required": ["upstream", "rule", "useful", "useless", "endedUntil"], "properties": {
  "upstream": {"type": "string"}, "rule": {"type": "string"}, "useful": {"type": "integer"}, "useless": {"type": "integer"},
  "endedUntil": {"type": ["string", "null"]}}}}}}}},
"JobAnswer": {"type": "object", "required": ["job"], "properties": {"job": {"$ref": "#/components/schemas/Job"}}},
"WarmUp": {"type": "object", "required": ["job", "started"], "properties": {"job": {"$ref": "#/components/schemas/Job"},
  "started": {"description": "false: one of this type was running already, and this is it", "type": "boolean"}}},
"WarmWish": {"type": "object", "additionalProperties": false, "properties": {
  "type": {"enum": ["all", "series", "episodes", "metadata", "indexers", "quality-profiles", "custom-formats"]},
  "id": {"type": ["integer", "string", "null"]}}},
"Requests": {"type": "object", "required": ["requests"], "properties": {"requests": {"type": "array", "items": {"type": "object",
  "required": ["id", "time", "client", "method", "url", "result", "status"], "properties": {"id": {"type": "string"}, "time": {"type": "string"},
  "client": {"type": "string"}, "way": {"enum": ["proxy", "tunnel", "intercepted", "mount", "host", "listener"]}, "method": {"type": "string"},
  "protocol": {"description": "spoken with the client", "enum": ["HTTP/1", "HTTP/2.0"]},
  "url": {"type": "string"}, "upstream": {"type": ["string", "null"]}, "rule": {"type": ["string", "null"]}, "key": {"type": ["string", "null"]},
  "result": {"type": "string"}, "status": {"type": "integer"}, "bytes": {"type": "integer"}, "durationUs": {"type": "integer"},
  "waitedUs": {"description": "of it in line at the limiter", "type": "integer"},
  "headers": {"description": "as sent by the client, without secrets; null for what the cache answered", "type": ["array", "null"],
  "items": {"type": "string"}}}}}}},
"Clients": {"type": "object", "required": ["clients"], "properties": {"clients": {"type": "array", "items": {"type": "object",
  "required": ["address", "userAgent", "requests", "hits", "lastSeen", "ways"], "properties": {"address": {"type": "string"},
  "userAgent": {"type": ["string", "null"]}, "requests": {"type": "integer"}, "hits": {"type": "integer"}, "lastSeen": {"type": "string"},
  "ways": {"type": "array", "items": {"type": "string"}}, "trustsAuthority": {"type": ["boolean", "null"]}}}}}},
"Notifications": {"type": "object", "required": ["notifications"], "properties": {"notifications": {"type": "array", "items": {"type": "object",
  "required": ["name", "type", "host", "events", "lastResult"], "properties": {"name": {"type": "string"}, "type": {"type": "string"},
  "host": {"type": "string"}, "events": {"type": "array", "items": {"type": "string"}}, "lastResult": {"type": ["object", "null"]}}}}}},
"ChannelTested": {"type": "object", "required": ["name", "ok"], "properties": {"name": {"type": "string"}, "ok": {"const": true}}},
"UpstreamAction": {"type": "object", "additionalProperties": false, "properties": {"paused": {"type": "boolean"},
  "mode": {"enum": ["live", "prefer-cache", "offline"]}, "reset": {"type": "array", "items": {"enum": ["breaker", "cooldown"]}}}},
"UpstreamChanged": {"type": "object", "required": ["name", "changes"], "properties": {"name": {"type": "string"},
  "changes": {"type": "array", "items": {"type": "string"}}, "upstream": {"$ref": "#/components/schemas/Upstream"}}},
"Webhook": {"type": "object", "description": "as the application sends it; the event is in one of these",
  "anyOf": [{"required": ["eventType"]}, {"required": ["NotificationType"]}, {"required": ["notification_type"]}], "properties": {
  "eventType": {"type": "string"}, "NotificationType": {"type": "string"}, "notification_type": {"type": "string"}}},
"WebhookTaken": {"type": "object", "required": ["event", "purged", "refreshing"], "properties": {
  "event": {"type": "string", "description": "other: none that is known"}, "purged": {"type": "integer"}, "refreshing": {"type": "integer"}}},
"RehearsalDraft": {"type": "object", "required": ["files"], "additionalProperties": false, "properties": {
  "files": {"description": "by name: what rules files would hold; null: were it gone", "type": "object", "additionalProperties": {"type": ["string", "null"]}}}},
"RehearsedFigures": {"type": "object", "required": ["hitRate", "hits", "staleHits", "upstreamCalls"], "properties": {"hitRate": {"type": "number"},
  "hits": {"type": "integer"}, "staleHits": {"type": "integer"}, "upstreamCalls": {"type": "integer"}, "oldestStaleSeconds": {"type": "integer"},
  "meanAgeSeconds": {"type": "integer"}}},
"RehearsedVerdict": {"type": "object", "required": ["rule", "key", "ttl"], "properties": {"rule": {"type": ["string", "null"]}, "key": {"type": "string"},
  "cached": {"type": "boolean"}, "ttl": {"type": ["integer", "null"]}, "ttlByOrigin": {"type": "boolean"}, "stale": {"type": "integer"}}},
"Rehearsed": {"type": "object", "required": ["requests", "leftOut", "otherRule", "otherKey", "otherTtl", "before", "after", "changes"], "properties": {
  "requests": {"type": "integer"}, "leftOut": {"type": "integer"}, "from": {"type": ["string", "null"]}, "to": {"type": ["string", "null"]},
  "otherRule": {"type": "integer"}, "otherKey": {"type": "integer"}, "otherTtl": {"type": "integer"}, "hitRateRecorded": {"type": "number"},
  "ttlsUnknown": {"type": "integer"}, "before": {"$ref": "#/components/schemas/RehearsedFigures"}, "after": {"$ref": "#/components/schemas/RehearsedFigures"},
  "changes": {"type": "array", "items": {"type": "object", "required": ["method", "url", "requests", "before", "after"], "properties": {
  "method": {"type": "string"}, "url": {"type": "string"}, "requests": {"type": "integer"}, "differs": {"type": "array", "items": {"enum": ["rule", "key", "ttl"]}},
  "before": {"$ref": "#/components/schemas/RehearsedVerdict"}, "after": {"$ref": "#/components/schemas/RehearsedVerdict"}}}}}},
"Imported": {"type": "object", "required": ["version", "made", "put", "kept", "changes"], "properties": {"version": {"type": "string"},
  "made": {"type": "string"}, "put": {"type": "array", "items": {"type": "string"}}, "kept": {"type": "array", "items": {"type": "string"}},
  "changes": {"type": "array", "items": {"type": "string"}}}},
"Credentials": {"type": "object", "description": "exactly one of them", "additionalProperties": false, "properties": {
  "secret": {"type": "string", "description": "the API key or the password"}, "link": {"type": "string"}}},
"Session": {"type": "object", "required": ["loggedIn"], "properties": {"loggedIn": {"type": "boolean"}}},
"LoginLink": {"type": "object", "required": ["path", "expiresIn"], "properties": {"path": {"type": "string"}, "expiresIn": {"type": "integer"}}},
"Description": {"type": "object", "required": ["openapi", "info", "paths"], "properties": {"openapi": {"type": "string"}}}
})json";

}  // namespace

std::string_view openapi_schemas() noexcept { return kSchemas; }

}  // namespace cachearr::admin
