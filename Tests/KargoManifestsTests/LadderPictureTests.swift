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

    @Test(
        "says when Argo CD leaves over what is no longer rendered",
        arguments: [
            ("{}", nil), ("{prune: true, selfHeal: true}", nil), ("{prune: false}", "prune: false"),
            ("{prune: false, selfHeal: true}", "prune: false"), ("{selfHeal: false}", "selfHeal: false"),
        ])
    func leftovers(_ argocd: String, _ words: String?) throws {
        let kargo = "{version: \"1.11\", argocd: \(argocd), verifier: {url: https://capsule.example.com}}"
        let text = try LadderPicture(Shop.configuration(Shop.yaml(kargo: kargo))).text()
        #expect(text.contains("no longer rendered") == (words != nil), "\(text)")
        if let words { #expect(text.contains("(kargo.argocd.\(words))"), "\(text)") }
    }

    @Test("says which Application has a name of more than 63 characters", arguments: [(55, false), (56, true)])
    func longNames(length: Int, said: Bool) throws {
        let project = String(repeating: "p", count: length)
        let kargo = "{version: \"1.11\", project: \(project), verifier: {url: https://capsule.example.com}}"
        let text = try LadderPicture(Shop.configuration(Shop.yaml(kargo: kargo))).text()
        #expect(text.contains("\(project)-staging") == said, "\(text)")
    }

    @Test("says of each automatic stage that a rollback does not last")
    func automatic() throws {
        let stages = [("after: [staging]\n    soak", "auto: true\n    after: [staging]\n    soak")]
        #expect(
            try LadderPicture(Shop.configuration(Shop.yaml(replacing: stages))).text()
                .contains("\nstaging, canary: Kargo promotes the newest release again after a rollback"))
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
