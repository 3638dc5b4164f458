package main

import (
	"net/http"
	"time"
)

const (
	keyValid   = "API Key valid"
	keyInvalid = "API Key invalid"
	keyUnknown = "Unable to validate API Key"
)

// watchKey asks the API at once, every 10 s until it gave an answer, then every hour.
func watchKey(shown *state, client *http.Client, url, key string) {
	for {
		shown.set(validate(client, url, key))
		if shown.get() == keyUnknown {
			time.Sleep(10 * time.Second)
		} else {
			time.Sleep(time.Hour)
		}
	}
}

func validate(client *http.Client, url, key string) string {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return keyUnknown
	}
	request.Header.Set("DD-API-KEY", key)
	response, err := client.Do(request)
	if err != nil {
		return keyUnknown
	}
	response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return keyValid
	case http.StatusForbidden:
		return keyInvalid
	default:
		return keyUnknown
	}
}
