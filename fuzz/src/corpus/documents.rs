//! Small documents in foreign formats, written for this purpose.

pub(super) const SBOMS: &[&str] = &[
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,"metadata":{"timestamp":"2026-01-01T00:00:00Z","component":{"type":"device","name":"pump","version":"2.1.0"}},"components":[{"type":"library","bom-ref":"a","name":"a","version":"1.2.3","purl":"pkg:generic/a@1.2.3","cpe":"cpe:2.3:a:a:a:1.2.3:*:*:*:*:*:*:*","hashes":[{"alg":"SHA-256","content":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}],"licenses":[{"expression":"MIT OR Apache-2.0"}],"supplier":{"name":"A"},"components":[{"type":"file","name":"f"}]},{"type":"framework","bom-ref":"b","name":"b"}],"dependencies":[{"ref":"a","dependsOn":["b"]}]}"#,
    r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components><component type="library" bom-ref="a"><name>a&amp;</name><version>1</version><hashes><hash alg="MD5">3942447fac867ae5cdb3229b658f4d48</hash></hashes><licenses><license><id>MIT</id></license></licenses></component></components><dependencies><dependency ref="a"><dependency ref="b"/></dependency></dependencies></bom>"#,
    r#"{"spdxVersion":"SPDX-2.3","dataLicense":"CC0-1.0","SPDXID":"SPDXRef-DOCUMENT","name":"d","documentNamespace":"urn:d","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: t"]},"packages":[{"name":"p","SPDXID":"SPDXRef-p","downloadLocation":"NOASSERTION","versionInfo":"1.0","supplier":"Organization: A","checksums":[{"algorithm":"SHA1","checksumValue":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}],"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:generic/p@1.0"}]}],"relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-p"}]}"#,
    "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: d\nDocumentNamespace: urn:d\nCreator: Tool: t\nCreated: 2026-01-01T00:00:00Z\nPackageName: p\nSPDXID: SPDXRef-p\nPackageVersion: 1\nPackageDownloadLocation: NONE\nPackageChecksum: MD5: d41d8cd98f00b204e9800998ecf8427e\nRelationship: SPDXRef-p DEPENDS_ON NONE\nPackageComment: <text>a\nb</text>\n",
    "spdxVersion: SPDX-2.3\ndataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nname: d\ndocumentNamespace: urn:d\ncreationInfo:\n  created: 2026-01-01T00:00:00Z\n  creators: [\"Tool: t\"]\npackages:\n  - name: p\n    SPDXID: SPDXRef-p\n    downloadLocation: NONE\n",
    "\"PACKAGE\",\"VERSION\",\"LICENSE\",\"LICENSE FILES\",\"SOURCE ARCHIVE\",\"SOURCE SITE\",\"DEPENDENCIES WITH LICENSES\"\n\"busybox\",\"1.36.1\",\"GPL-2.0\",\"LICENSE\",\"busybox-1.36.1.tar.bz2\",\"https://busybox.net/downloads\",\"\"\n",
    "dependencies:\n  idf:\n    source:\n      type: idf\n    version: 5.1.2\nmanifest_hash: 00\ntarget: esp32\nversion: 2.0.0\n",
];

pub(super) const ADVISORIES: &[&str] = &[
    r#"{"schema_version":"1.6.0","id":"OSV-2026-1","modified":"2026-01-01T00:00:00Z","aliases":["CVE-2026-0001"],"summary":"s","affected":[{"package":{"ecosystem":"crates.io","name":"a","purl":"pkg:cargo/a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.3"}]}],"versions":["1.0.0"]}],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#,
    r#"{"dataType":"CVE_RECORD","dataVersion":"5.1","cveMetadata":{"cveId":"CVE-2026-0001","assignerOrgId":"00000000-0000-4000-8000-000000000000","state":"PUBLISHED"},"containers":{"cna":{"providerMetadata":{"orgId":"00000000-0000-4000-8000-000000000000"},"descriptions":[{"lang":"en","value":"d"}],"affected":[{"vendor":"v","product":"p","versions":[{"version":"1.0","lessThan":"1.2","status":"affected","versionType":"semver"}]}],"references":[{"url":"https://example.com"}]}}}"#,
    r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/vex/1","author":"A","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2026-0001"},"products":[{"@id":"pkg:generic/p@1"}],"status":"not_affected","justification":"component_not_present"}]}"#,
    r#"{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","publisher":{"category":"vendor","name":"A","namespace":"https://example.com"},"title":"t","tracking":{"id":"A-1","status":"final","version":"1","initial_release_date":"2026-01-01T00:00:00Z","current_release_date":"2026-01-01T00:00:00Z","revision_history":[{"date":"2026-01-01T00:00:00Z","number":"1","summary":"s"}]}},"product_tree":{"branches":[{"category":"vendor","name":"A","branches":[{"category":"product_name","name":"p","branches":[{"category":"product_version","name":"1","product":{"product_id":"P1","name":"p 1"}}]}]}]},"vulnerabilities":[{"cve":"CVE-2026-0001","product_status":{"known_affected":["P1"]},"remediations":[{"category":"vendor_fix","details":"d","product_ids":["P1"]}]}]}"#,
    r#"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"vulnerabilities":[{"id":"CVE-2026-0001","analysis":{"state":"not_affected","justification":"code_not_present","detail":"d"},"affects":[{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#a"}]}]}"#,
];

pub(super) const CATALOGUES: &[&str] = &[
    r#"{"title":"t","catalogVersion":"2026.01.01","dateReleased":"2026-01-01T00:00:00.0000Z","count":1,"vulnerabilities":[{"cveID":"CVE-2026-0001","vendorProject":"V","product":"P","vulnerabilityName":"N","dateAdded":"2026-01-01","shortDescription":"d","requiredAction":"a","dueDate":"2026-01-22","knownRansomwareCampaignUse":"Unknown","notes":"","cwes":["CWE-79"]}]}"#,
    "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes\nCVE-2026-0001,V,P,N,2026-01-01,\"d, e\",a,2026-01-22,Known,,CWE-79\n",
];

pub(super) const JUNIT: &[&str] = &[
    r#"<?xml version="1.0" encoding="UTF-8"?><testsuites name="all" tests="3" failures="1" time="0.5"><testsuite name="s" tests="3" failures="1" errors="0" skipped="1" timestamp="2026-01-01T00:00:00"><properties><property name="k" value="v"/></properties><testcase name="a" classname="c" time="0.1"/><testcase name="b" classname="c" time="0.2"><failure message="m" type="t">trace &lt;x&gt;</failure><system-out><![CDATA[out]]></system-out></testcase><testcase name="d"><skipped/></testcase></testsuite></testsuites>"#,
    r#"<testsuite name="s"><testcase name="a"><rerunFailure message="m">x</rerunFailure></testcase><testcase name="b"><error/></testcase></testsuite>"#,
    r#"<testsuites><testsuite name="o"><testsuite name="i"><testcase name="a" time="1,234.5"/></testsuite></testsuite></testsuites>"#,
];

pub(super) const PURLS: &[&str] = &[
    "pkg:cargo/rand@0.7.2",
    "pkg:npm/%40angular/animation@12.3.1",
    "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
    "pkg:golang/google.golang.org/genproto@abcdedf#googleapis/api/annotations",
    "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?repository_url=repo.spring.io%2Frelease",
    "pkg:generic/openssl@1.1.10g?checksum=sha256:de4d501267da&download_url=https://openssl.org/x.tar.gz",
    "pkg:PYPI/Django_package@1.11.1.dev1",
];

pub(super) const UDIS: &[&str] = &[
    "(01)04012345004007(17)271100(10)L1\\(2(21)A9",
    "^010401234500400710L1^21A9^",
    "]d201040123450040071727110021A9\u{1d}8012V1",
    "https://id.gs1.org/01/04012345004007/10/L1/21/A9?17=271100&x=y#z",
    "https://example.com/a/gtin/4012345004007/ser/%2D1",
    "(8013)1987654Ad4X4bL5ttr2310c2K",
    "+A123BJC5D6E71G",
    "*+A99912345/$$420020216L1/SXY/16D20130202/Q5C*",
    "+$$+90010030509280001LC",
    "++A999MODELIDENTIFIER11S8",
    "=+06000=/A9999XYZ100T0944=,000025=A99971312345600=>014032=}013032&,1000000000000XYZ123",
    "]E02112345678900|]e099COMPOSITE\u{1d}98XYZ",
    "4012345004007",
];

pub(super) const RANGES: &[&str] = &[
    "vers:npm/1.2.3|>=2.0.0|<5.0.0\n2.1.0",
    "vers:deb/>=1:2.0-1|<1:2.0-2~\n1:2.0-1+b1",
    "vers:pypi/!=1.0|>=0.9rc1\n1.0.post1",
    "vers:generic/*\n1",
    "^1.2.3 || ~2.0 <2.5\n2.4.9",
    "[1.0,2.0),(3.0,]\n1.5-SNAPSHOT",
    ">=1.0,<2.0,!=1.5.*\n1.5.3",
    "1.0.2zh\n1.0.2u",
    "1.2.3_alpha4-r5\n1.2.3_p1",
    "3.0~rc1^git1-2.fc40\n3.0-1.fc40",
];

pub(super) const PATHS: &[&str] = &[
    "tile/0/000",
    "tile/0/x001/x234/067",
    "tile/63/000.p/255",
    "tile/entries/000",
    "tile/entries/x123/x456/x789/012.p/1",
    "tile/8/x018/x446/x744/x073/x709/x551/615",
];

/// lcov, Cobertura, SARIF.
pub(super) const MEASURED: &[&str] = &[
    "TN:t\nSF:src/a.c\nFN:1,f\nDA:1,2,x=\nDA:2,0\nBRF:2\nBRH:1\nLF:2\nLH:1\nend_of_record\n",
    r#"<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "x"><coverage timestamp="1"><sources><source>/b</source></sources><packages><package><classes><class filename="a.py"><methods><method><lines><line number="1" hits="2"/></lines></method></methods><lines><line number="2" hits="0" condition-coverage="50% (1/2)"/></lines></class></classes></package></packages></coverage>"#,
    r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"c","version":"1","rules":[{"id":"R","defaultConfiguration":{"level":"error"}}]}},"invocations":[{"executionSuccessful":true}],"artifacts":[{"location":{"uri":"a%20b.c"}}],"results":[{"ruleId":"R/s","kind":"fail","message":{"text":"m"},"locations":[{"physicalLocation":{"artifactLocation":{"index":0},"region":{"startLine":3}}}],"suppressions":[{"kind":"inSource","status":"accepted"}]}]}]}"#,
];
