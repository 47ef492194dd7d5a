package org

// Capability is one thing that may be allowed, "units.list". Roles grant them over a scope; see Can.
type Capability string
