"""The methods of the report with where they come from. What each does stands in the catalogue (`does.<key>`)."""

from __future__ import annotations

METHODS: tuple[tuple[str, str], ...] = (
    ("did", "Goodman-Bacon (2021), Journal of Econometrics 225(2), 254–277; de Chaisemartin & D’Haultfœuille (2020), "
     "American Economic Review 110(9), 2964–2996."),
    ("group_time", "Callaway & Sant’Anna (2021), Journal of Econometrics 225(2), 200–230."),
    ("effective", "Carter, Schnepel & Steigerwald (2017), Review of Economics and Statistics 99(4), 698–709."),
    ("simulated", "Bell & McCaffrey (2002), Survey Methodology 28(2), 169–181; Hall (1992), The Bootstrap and Edgeworth "
     "Expansion, Springer; Paule & Mandel (1982), Journal of Research of the National Bureau of Standards 87(5), 377–385."),
    ("wcr", "MacKinnon, Nielsen & Webb (2023), Journal of Applied Econometrics 38(5), 671–694; MacKinnon & Webb (2017), "
     "Journal of Applied Econometrics 32(2), 233–254; (2018), Econometrics Journal 21(2), 114–135."),
    ("ri", "MacKinnon & Webb (2020), Journal of Econometrics 218(2), 435–450."),
    ("welch", "Welch (1947), Biometrika 34(1/2), 28–35; Donald & Lang (2007), Review of Economics and Statistics 89(2), "
     "221–233."),
    ("single_office", "Conley & Taber (2011), Review of Economics and Statistics 93(1), 113–125; Ferman & Pinto (2019), "
     "Review of Economics and Statistics 101(3), 452–467; Holm (1979), Scandinavian Journal of Statistics 6(2), 65–70."),
    ("shrinkage", "Morris (1983), Journal of the American Statistical Association 78(381), 47–55; Paule & Mandel (1982), "
     "Journal of Research of the National Bureau of Standards 87(5), 377–385."),
    ("bands", "Montiel Olea & Plagborg-Møller (2019), Journal of Applied Econometrics 34(1), 1–17."),
    ("pretest", "Hotelling (1931), Annals of Mathematical Statistics 2(3), 360–378; Roth (2022), American Economic Review: "
     "Insights 4(3), 305–322."),
    ("sensitivity", "Rambachan & Roth (2023), Review of Economic Studies 90(5), 2555–2591; Andrews, Roth & Pakes (2023), "
     "Review of Economic Studies 90(6), 2763–2791."),
    ("selection", "Lee (2009), Review of Economic Studies 76(3), 1071–1102."),
    ("ratio", "Fieller (1954), Journal of the Royal Statistical Society B 16(2), 175–185; Willan & O’Brien (1996), Health "
     "Economics 5(4), 297–305."),
    ("survival", "Kaplan & Meier (1958), Journal of the American Statistical Association 53(282), 457–481; Aalen & Johansen "
     "(1978), Scandinavian Journal of Statistics 5(3), 141–150; Royston & Parmar (2013), BMC Medical Research "
     "Methodology 13, 152."),
)  # fmt: skip
