package main

import (
	"os"
	"sort"
	"strconv"

	"github.com/PaloAltoNetworks/pango"
	"github.com/PaloAltoNetworks/pango/objs/addr"
	"github.com/PaloAltoNetworks/pango/objs/addrgrp"
	"github.com/PaloAltoNetworks/pango/userid"
)

func asPanosProvider(found seen) error {
	port, err := strconv.ParseUint(os.Getenv("PORT"), 10, 16)
	if err != nil {
		return err
	}
	entry := pango.Client{Hostname: "127.0.0.1", Port: uint(port), ApiKey: os.Getenv("TOKEN"), Transport: transport(), Logging: pango.LogQuiet}
	firewall := &pango.Firewall{Client: entry}
	if err := firewall.Initialize(); err != nil {
		return err
	}
	found["version"] = firewall.Version.String()
	tagged, err := firewall.UserId.GetIpTags("", os.Getenv("OURS"), "")
	if err != nil {
		return err
	}
	found["ours"] = keys(tagged)
	change := &userid.Message{
		TagIps:   []userid.TagIp{{Ip: "10.8.0.9", Tags: []string{"theirs", os.Getenv("OURS")}}},
		UntagIps: []userid.UntagIp{{Ip: "10.7.0.1", Tags: []string{os.Getenv("OURS")}}},
	}
	found["register"] = text(firewall.UserId.Run(change, ""))
	found["again"] = firewall.UserId.Run(change, "") != nil
	theirs, err := firewall.UserId.GetIpTags("", "theirs", "")
	if err != nil {
		return err
	}
	found["theirs"] = keys(theirs)

	one := addr.Entry{Name: "theirs-a", Type: addr.IpNetmask, Value: "10.9.9.1", Description: "by a client"}
	found["create"] = text(firewall.Objects.Address.Set("", one))
	read, err := firewall.Objects.Address.Get("", "theirs-a")
	if err != nil {
		return err
	}
	found["read"] = []any{read.Value, read.Description}
	group := addrgrp.Entry{Name: "theirs-g", StaticAddresses: []string{"theirs-a"}}
	found["group"] = text(firewall.Objects.AddressGroup.Set("", group))
	found["inUse"] = firewall.Objects.Address.Delete("", "theirs-a") != nil
	found["deleteGroup"] = text(firewall.Objects.AddressGroup.Delete("", "theirs-g"))
	found["delete"] = text(firewall.Objects.Address.Delete("", "theirs-a"))
	_, err = firewall.Objects.Address.Get("", "theirs-a")
	found["gone"] = err != nil
	return nil
}

func keys(tagged map[string][]string) []string {
	all := []string{}
	for ip := range tagged {
		all = append(all, ip)
	}
	sort.Strings(all)
	return all
}
