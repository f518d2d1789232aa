"""What whoever answers a survey is refused is said in their language."""

import pytest
from buurtthuis.core.errors import Refused
from buurtthuis.http.sentences import SENTENCES, sentence_for
from buurtthuis_surveys.domain.ballots import AlreadyAnswered, CodeOfNoSurvey, CodeWithdrawn, UnknownCode
from buurtthuis_surveys.domain.surveys import NotOpenForAnswers, SurveyState


@pytest.mark.parametrize("language", sorted(SENTENCES))
@pytest.mark.parametrize(
    "refusal",
    [
        AlreadyAnswered(),
        CodeOfNoSurvey(field="code"),
        CodeWithdrawn(field="code"),
        UnknownCode(field="code"),
        NotOpenForAnswers(state=SurveyState.PAUSED),
    ],
    ids=lambda refusal: refusal.code(),
)
def test_a_refused_answer_is_explained_in_each_language_of_residents(refusal: Refused, language: str) -> None:
    assert sentence_for(refusal, language) not in (str(refusal), SENTENCES[language]["refused"])
