package main

import (
	"net/http"
	"sync/atomic"
	"time"
)

const (
	keyValid   = "API Key valid"
	keyInvalid = "API Key invalid"
	keyUnknown = "Unable to validate API Key"
)

// keyState is what the status says of the API key.
type keyState struct{ text atomic.Value }

func (k *keyState) get() string {
	if text, ok := k.text.Load().(string); ok {
		return text
	}
	return keyUnknown
}

// watch asks the API at once, every 10 s until it gave an answer, then every hour.
func (k *keyState) watch(client *http.Client, url, key string) {
	for {
		k.text.Store(validate(client, url, key))
		if k.get() == keyUnknown {
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
