// Writes lines as Docker's own log drivers do: docker-logs DRIVER COUNT KEY=VALUE...
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/daemon/logger"
	"github.com/docker/docker/daemon/logger/fluentd"
	"github.com/docker/docker/daemon/logger/gelf"
	"github.com/docker/docker/daemon/logger/splunk"
	"github.com/docker/docker/daemon/logger/syslog"
)

var drivers = map[string]func(logger.Info) (logger.Logger, error){
	"fluentd": fluentd.New,
	"gelf":    gelf.New,
	"splunk":  splunk.New,
	"syslog":  syslog.New,
}

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	config := map[string]string{}
	for _, pair := range os.Args[3:] {
		key, value, _ := strings.Cut(pair, "=")
		config[key] = value
	}
	info := logger.Info{
		Config:              config,
		ContainerID:         strings.Repeat("0af7651916cd", 6)[:64],
		ContainerName:       "/" + config["name"],
		ContainerEntrypoint: "nginx",
		ContainerArgs:       []string{"-g", "daemon off;"},
		ContainerImageID:    "sha256:" + strings.Repeat("ab", 32),
		ContainerImageName:  "nginx:1",
		ContainerCreated:    time.Now(),
		ContainerLabels:     map[string]string{"team": "web"},
		ContainerEnv:        []string{"STAGE=prod"},
		DaemonName:          "docker",
	}
	delete(config, "name")
	driver, err := drivers[os.Args[1]](info)
	if err != nil {
		panic(err)
	}
	for n := 0; n < count; n++ {
		message := logger.NewMessage()
		message.Line = []byte(fmt.Sprintf("order %d placed", n))
		message.Source = []string{"stdout", "stderr"}[n%2]
		message.Timestamp = time.Now()
		if err := driver.Log(message); err != nil {
			panic(err)
		}
	}
	if err := driver.Close(); err != nil {
		panic(err)
	}
}
