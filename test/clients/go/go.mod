module zonebridge.dev/clients

go 1.24

require (
	github.com/PaloAltoNetworks/pango v0.10.2
	github.com/fortinetdev/forti-sdk-go v1.7.0
	github.com/netascode/go-fmc v0.1.0
)

require (
	github.com/juju/ratelimit v1.0.2 // indirect
	github.com/tidwall/gjson v1.18.0 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.1 // indirect
	github.com/tidwall/sjson v1.2.5 // indirect
	gopkg.in/check.v1 v1.0.0-20201130134442-10cb98267c6c // indirect
)
