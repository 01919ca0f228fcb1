import CapsuleReports
import CapsuleTestSupport
import DeliveryConfiguration
import KargoManifests
import Testing

@Suite("The picture of the stages")
struct LadderPictureTests {
    @Test("is a tree in a terminal and a flowchart in a README")
    func pictures() throws {
        let picture = LadderPicture(try Shop.configuration())
        try expectGolden(picture.text(), "ladder.txt")
        try expectGolden(picture.markdown(), "ladder.md")
    }

    @Test("says what package pairs are weaker in")
    func pair() throws {
        let pair = Shop.yaml(replacing: [("package: {", "form: pair\npackage: {")])
        #expect(
            try LadderPicture(Shop.configuration(pair)).text().contains("who can push to main can add a release.yaml"))
        #expect(try !LadderPicture(Shop.configuration()).text().contains("pairs"))
    }

    @Test("says what happens to the promotions of the generated verifier")
    func promotions() throws {
        for (state, words) in [
            ("", "are lost with the pod"), (", state: {size: 1Gi}", "on a claim of each replica"),
            (", state: {claimName: promotions}", "on the claim promotions"),
        ] {
            let native = WorkloadFeatures.kargo(state)
            #expect(try !LadderPicture(Shop.configuration(Shop.yaml(kargo: native))).text().contains("verifier"))
            let service = native.replacing("{version", with: "{style: service, version")
            let picture = LadderPicture(try Shop.configuration(Shop.yaml(kargo: service)))
            #expect(picture.text().contains("\nverifier: ") && picture.text().contains(words))
        }
        let other = "{version: \"1.11\", style: service, verifier: {url: https://capsule.example.com}}"
        #expect(try !LadderPicture(Shop.configuration(Shop.yaml(kargo: other))).text().contains("verifier"))
    }
}
