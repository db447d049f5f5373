#include "source/config/shared_parts.h"

#include "gtest/gtest.h"

namespace weir::config {
namespace {

Cluster ClusterOfMesh() {
  Cluster cluster;
  cluster.eds_source.Edit().kind = ConfigSource::Kind::kAds;
  cluster.http2.Edit().max_concurrent_streams = 7;
  return cluster;
}

TEST(SharedParts, EqualPartsOfClustersBecomeOne) {
  SharedParts parts;
  Cluster one = ClusterOfMesh(), two = ClusterOfMesh();
  EXPECT_NE(&*one.eds_source, &*two.eds_source);
  parts.ShareIn(one);
  parts.ShareIn(two);
  EXPECT_EQ(&*one.eds_source, &*two.eds_source);
  EXPECT_EQ(&*one.http2, &*two.http2);
  EXPECT_EQ(one, ClusterOfMesh());
}

TEST(SharedParts, WhatDiffersStaysApart) {
  SharedParts parts;
  Cluster one = ClusterOfMesh(), two = ClusterOfMesh();
  two.http2.Edit().max_concurrent_streams = 8;
  parts.ShareIn(one);
  parts.ShareIn(two);
  EXPECT_EQ(one.http2->max_concurrent_streams, 7u);
  EXPECT_EQ(two.http2->max_concurrent_streams, 8u);
}

TEST(SharedParts, DefaultsAreOneObjectWithoutBeingShared) {
  const Cluster one, two;
  EXPECT_EQ(&*one.http1, &*two.http1);
  Cluster three = ClusterOfMesh();
  three.eds_source.Edit() = ConfigSource();
  SharedParts().ShareIn(three);
  EXPECT_EQ(&*three.eds_source, &*one.eds_source);
}

TlsCertificate CertificateOf(const std::string& chain) {
  return {.name = "s", .chain_pem = chain, .key_pem = SecretBytes("key of " + chain)};
}

TEST(SharedParts, AGoodCertificateIsKnownByAllThatItSays) {
  SharedParts parts;
  const auto good = std::make_shared<const TlsCertificate>(CertificateOf("a"));
  parts.AddGood(good);
  EXPECT_EQ(parts.FindGood(CertificateOf("a")), good);
  EXPECT_EQ(parts.FindGood(CertificateOf("b")), nullptr);
  TlsCertificate stapled = CertificateOf("a");
  stapled.ocsp_staple = "new";
  EXPECT_EQ(parts.FindGood(stapled), nullptr);
}

TEST(SharedParts, LocalitiesOfEndpointsAreShared) {
  SharedParts parts;
  Endpoints one, two;
  one.cluster_name = "one";
  for (Endpoints* endpoints : {&one, &two}) {
    endpoints->localities = std::vector<Locality>{{.region = "r", .zone = "z", .sub_zone = "s"}};
    parts.ShareIn(*endpoints);
  }
  EXPECT_EQ(&*one.localities, &*two.localities);
  EXPECT_EQ(one.cluster_name, "one");
}

TEST(Shared, ACopyIsChangedAlone) {
  Cluster one = ClusterOfMesh();
  const Cluster before = one;
  one.http2.Edit().max_concurrent_streams = 9;
  EXPECT_EQ(before.http2->max_concurrent_streams, 7u);
}

}  // namespace
}  // namespace weir::config
