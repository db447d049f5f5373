// What tells the places apart that resources come from.
#include "source/config/source.h"

#include <gtest/gtest.h>

#include <vector>

namespace weir::config {
namespace {

ConfigSource Of(ConfigSource::Kind kind) { return {.kind = kind}; }

ConfigSource File(std::string path) {
  ConfigSource source = Of(ConfigSource::Kind::kPath);
  source.path = std::move(path);
  return source;
}

ConfigSource Stream(void (*change)(GrpcSource&)) {
  ConfigSource source = Of(ConfigSource::Kind::kGrpc);
  source.grpc.cluster = "a";
  source.grpc.initial_metadata = {{"m", "1"}};
  source.grpc.rate_limit = RequestRateLimit{};
  change(source.grpc);
  return source;
}

TEST(Origin, EachPlaceHasItsOwn) {
  const std::vector<ConfigSource> places = {
      Of(ConfigSource::Kind::kAds),
      Of(ConfigSource::Kind::kGiven),
      File("a"),
      File("b"),
      Stream([](GrpcSource&) {}),
      Stream([](GrpcSource& grpc) { grpc.delta = true; }),
      Stream([](GrpcSource& grpc) { grpc.cluster = "b"; }),
      Stream([](GrpcSource& grpc) { grpc.authority = "b"; }),
      Stream([](GrpcSource& grpc) { grpc.initial_metadata[0].first = "n"; }),
      Stream([](GrpcSource& grpc) { grpc.initial_metadata[0].second = "2"; }),
      Stream([](GrpcSource& grpc) { grpc.initial_metadata.emplace_back("m", "1"); }),
      Stream([](GrpcSource& grpc) { grpc.rate_limit->max_tokens = 1; }),
      Stream([](GrpcSource& grpc) { grpc.rate_limit->fill_rate = 1; }),
      Stream([](GrpcSource& grpc) { grpc.rate_limit.reset(); }),
  };
  for (size_t i = 0; i < places.size(); ++i) {
    for (size_t k = 0; k < places.size(); ++k) {
      EXPECT_EQ(OriginOf(places[i]) == OriginOf(places[k]), i == k) << i << " " << k;
    }
  }
}

TEST(Origin, HowLongIsWaitedIsNoPartOfIt) {
  ConfigSource patient = File("a");
  patient.initial_fetch_timeout = std::chrono::hours(1);
  EXPECT_EQ(OriginOf(patient), OriginOf(File("a")));
  EXPECT_EQ(OriginOf(Of(ConfigSource::Kind::kSelf)), OriginOf(Of(ConfigSource::Kind::kAds)));
}

TEST(Origin, AKeyIsTheNameWithIt) {
  EXPECT_EQ(ResourceKey("name", ""), "name");
  const std::string key = ResourceKey("name", OriginOf(Stream([](GrpcSource&) {})));
  EXPECT_NE(key, ResourceKey("name", OriginOf(File("a"))));
  EXPECT_EQ(NameOfKey(key), "name");
  EXPECT_EQ(NameOfKey("name"), "name");
}

}  // namespace
}  // namespace weir::config
