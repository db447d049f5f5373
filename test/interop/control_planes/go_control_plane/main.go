// A control plane made of go-control-plane for the proxy to be configured by.
//
//	POST /version?number=7           the next version of the configuration, given to the proxy at once
//	POST /version?number=8&broken=1  one whose routes no proxy can take
//	GET  /rejections                 what the proxy rejected, a line each
//
// Each version brings a cluster. Its routes lead to that of two versions before, whose endpoints the proxy knows by then even if
// the version between was broken. A cluster stays for as long as the routes in force may lead to it. Answers have the version's
// number in x-version. With every fifth the listener changes, too.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"

	clusters "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoints "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listeners "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routes "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	router "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	matchers "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

const node = "test-id"

var (
	xdsPort      = flag.Int("xds-port", 0, "where xDS is served")
	pagesPort    = flag.Int("pages-port", 0, "where /version and /rejections are")
	listenerPort = flag.Uint("listener-port", 0, "the listener's")
	upstreamPort = flag.Uint("upstream-port", 0, "that of the one endpoint of each cluster")
)

func address(port uint) *core.Address {
	return &core.Address{Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
		Address: "127.0.0.1", PortSpecifier: &core.SocketAddress_PortValue{PortValue: uint32(port)}}}}
}

func overADS() *core.ConfigSource {
	return &core.ConfigSource{ResourceApiVersion: core.ApiVersion_V3,
		ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}}}
}

func packed(message proto.Message) *anypb.Any {
	any, err := anypb.New(message)
	if err != nil {
		log.Fatal(err)
	}
	return any
}

func clusterOf(version int) string { return fmt.Sprintf("cluster of %d", version) }

func clusterNamed(name string) *clusters.Cluster {
	return &clusters.Cluster{Name: name,
		ClusterDiscoveryType: &clusters.Cluster_Type{Type: clusters.Cluster_EDS},
		EdsClusterConfig:     &clusters.Cluster_EdsClusterConfig{EdsConfig: overADS()}}
}

func endpointsOf(name string) *endpoints.ClusterLoadAssignment {
	endpoint := &endpoints.LbEndpoint{HostIdentifier: &endpoints.LbEndpoint_Endpoint{
		Endpoint: &endpoints.Endpoint{Address: address(*upstreamPort)}}}
	return &endpoints.ClusterLoadAssignment{ClusterName: name,
		Endpoints: []*endpoints.LocalityLbEndpoints{{LbEndpoints: []*endpoints.LbEndpoint{endpoint}}}}
}

func routesTo(cluster string, version int, broken bool) *routes.RouteConfiguration {
	match := &routes.RouteMatch{PathSpecifier: &routes.RouteMatch_Prefix{Prefix: "/"}}
	if broken {
		match.PathSpecifier = &routes.RouteMatch_SafeRegex{SafeRegex: &matchers.RegexMatcher{Regex: "("}}
	}
	route := &routes.Route{Match: match,
		Action: &routes.Route_Route{Route: &routes.RouteAction{
			ClusterSpecifier: &routes.RouteAction_Cluster{Cluster: cluster}}},
		ResponseHeadersToAdd: []*core.HeaderValueOption{{
			Header: &core.HeaderValue{Key: "x-version", Value: strconv.Itoa(version)}}}}
	return &routes.RouteConfiguration{Name: "routes", VirtualHosts: []*routes.VirtualHost{
		{Name: "all", Domains: []string{"*"}, Routes: []*routes.Route{route}}}}
}

func edge(version int) *listeners.Listener {
	manager := &hcm.HttpConnectionManager{StatPrefix: fmt.Sprintf("edge%d", version/5),
		RouteSpecifier: &hcm.HttpConnectionManager_Rds{
			Rds: &hcm.Rds{RouteConfigName: "routes", ConfigSource: overADS()}},
		HttpFilters: []*hcm.HttpFilter{{Name: "envoy.filters.http.router",
			ConfigType: &hcm.HttpFilter_TypedConfig{TypedConfig: packed(&router.Router{})}}}}
	filter := &listeners.Filter{Name: "envoy.filters.network.http_connection_manager",
		ConfigType: &listeners.Filter_TypedConfig{TypedConfig: packed(manager)}}
	return &listeners.Listener{Name: "edge", Address: address(*listenerPort),
		FilterChains: []*listeners.FilterChain{{Filters: []*listeners.Filter{filter}}}}
}

func snapshotOf(version int, broken bool) (*cache.Snapshot, error) {
	resources := map[resource.Type][]types.Resource{resource.ListenerType: {edge(version)}}
	for i := version - 4; i <= version; i++ {
		name := clusterOf(i)
		resources[resource.ClusterType] = append(resources[resource.ClusterType], clusterNamed(name))
		resources[resource.EndpointType] = append(resources[resource.EndpointType], endpointsOf(name))
	}
	resources[resource.RouteType] = []types.Resource{routesTo(clusterOf(version-2), version, broken)}
	return cache.NewSnapshot(strconv.Itoa(version), resources)
}

type rejections struct {
	mutex sync.Mutex
	texts []string
}

func (r *rejections) note(text string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.texts = append(r.texts, strings.ReplaceAll(text, "\n", " "))
}

func (r *rejections) callbacks() server.Callbacks {
	return server.CallbackFuncs{
		StreamRequestFunc: func(_ int64, request *discovery.DiscoveryRequest) error {
			if request.ErrorDetail != nil {
				r.note(request.ErrorDetail.Message)
			}
			return nil
		},
		StreamDeltaRequestFunc: func(_ int64, request *discovery.DeltaDiscoveryRequest) error {
			if request.ErrorDetail != nil {
				r.note(request.ErrorDetail.Message)
			}
			return nil
		},
	}
}

func (r *rejections) ServeHTTP(writer http.ResponseWriter, _ *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, text := range r.texts {
		fmt.Fprintln(writer, text)
	}
}

func main() {
	flag.Parse()
	snapshots := cache.NewSnapshotCache(true, cache.IDHash{}, nil)
	rejected := &rejections{}
	server := server.NewServer(context.Background(), snapshots, rejected.callbacks())
	grpcServer := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, server)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *xdsPort))
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(grpcServer.Serve(listener)) }()

	http.Handle("/rejections", rejected)
	http.HandleFunc("/version", func(writer http.ResponseWriter, request *http.Request) {
		number, err := strconv.Atoi(request.FormValue("number"))
		if err == nil {
			var snapshot *cache.Snapshot
			if snapshot, err = snapshotOf(number, request.FormValue("broken") != ""); err == nil {
				err = snapshots.SetSnapshot(request.Context(), node, snapshot)
			}
		}
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
		}
	})
	log.Fatal(http.ListenAndServe(fmt.Sprintf("127.0.0.1:%d", *pagesPort), nil))
}
