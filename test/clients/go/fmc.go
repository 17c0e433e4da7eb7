package main

import (
	"os"
	"sort"

	"github.com/netascode/go-fmc"
)

const config = "/api/fmc_config/v1/domain/{DOMAIN_UUID}/object/"

func asFmcProvider(found seen) error {
	client, err := fmc.NewClient("https://"+place(), os.Getenv("LOGIN_USER"), os.Getenv("LOGIN_PASSWORD"),
		fmc.CustomHttpClient(httpClient()), fmc.MaxRetries(1))
	if err != nil {
		return err
	}
	found["version"] = client.FMCVersion
	objects, err := client.Get(config + "dynamicobjects?expanded=true")
	if err != nil {
		return err
	}
	var ours string
	objects.Get("items").ForEach(func(_, one fmc.Res) bool {
		if one.Get("name").String() == os.Getenv("OURS") {
			ours = one.Get("id").String()
			found["ours"] = []any{one.Get("name").String(), one.Get("description").String(), one.Get("objectType").String()}
		}
		return true
	})
	mappings, err := client.Get(config + "dynamicobjects/" + ours + "/mappings")
	if err != nil {
		return err
	}
	all := []string{}
	for _, one := range mappings.Get("items.#.mapping").Array() {
		all = append(all, one.String())
	}
	sort.Strings(all)
	found["mappings"] = all

	body := fmc.Body{}.Set("name", "theirs").Set("type", "DynamicObject").Set("objectType", "IP").Str
	made, err := client.Post(config+"dynamicobjects", body)
	found["create"] = text(err)
	_, err = client.Post(config+"dynamicobjects", body)
	found["twice"] = err != nil
	id := made.Get("id").String()
	mapping := fmc.Body{}.Set("id", id).Set("type", "DynamicObjectMappings").SetRaw("mappings", `["10.200.0.1","10.201.0.0/16"]`).Str
	_, err = client.Put(config+"dynamicobjects/"+id+"/mappings?action=add", mapping)
	found["map"] = text(err)
	read, err := client.Get(config + "dynamicobjects/" + id + "/mappings")
	if err != nil {
		return err
	}
	found["read"] = read.Get("items.#").Int()
	_, err = client.Delete(config + "dynamicobjects/" + id)
	found["delete"] = text(err)
	_, err = client.Get(config + "dynamicobjects/" + id)
	found["gone"] = err != nil
	found["refresh"] = text(client.Refresh())
	return nil
}
