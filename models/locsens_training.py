"""Training LocSens: from embeddings, hashtags and coordinates to a margin ranking loss (paper, LocSens)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from models.config import VariantConfig
from models.location import noisy_locations, normalise_coordinates
from models.locsens import LocSens
from models.locsens_validation import LocSensValidation
from models.losses import margin_ranking_loss
from models.members import LocSensPhotos, member_scores
from models.randomness import generator_for
from models.schedules import dropout_alpha, opening_alpha, sigma_at, sigma_snapshots
from models.share import WHOLE, Share
from models.training import TrainingTask
from models.triplets import NoAnchorError, Triplets, TripletSampler
from models.weights import load_weights, read_weights


class LocSensTask(TrainingTask):
    """LocSens under one variant's configuration. All draws are made on the device, in whole batches."""

    module: LocSens

    def __init__(
        self, config: VariantConfig, tags: Tensor, training: LocSensPhotos, validation: LocSensPhotos | None
    ) -> None:
        """Sets up the network with its initial weights.

        Args:
            config: The variant; the network's input widths are taken from the embeddings.
            tags: Tag embeddings, row = hashtag id, float [V, D].
            training: What is learnt from.
            validation: What is validated on; none: nothing is measured.

        Raises:
            ValueError: If there is nothing to learn from, or coordinates are out of range.
            UnusableWeightsError: If the weights to start from are not there, broken or of other widths.
        """
        if training.tagged.vocabulary != len(tags):
            raise ValueError(f"expected embeddings of {training.tagged.vocabulary} hashtags, found {len(tags)}")
        network = config.network.model_copy(
            update={"image_embedding": training.images.shape[1], "tag_embedding": tags.shape[1]}
        )
        self.config = config.model_copy(update={"network": network})
        optimisation = config.optimisation
        self.module = LocSens(network, generator_for(optimisation.seed, "initial weights"))
        if config.initial_weights:
            load_weights(self.module, read_weights(config.initial_weights), config.initial_weights)
        self._steps, self._seed = optimisation.steps, optimisation.seed
        self._anchors = optimisation.batch_size
        self._tags = tags.float()
        self._images = training.images
        self._locations = normalise_coordinates(training.places[:, 0], training.places[:, 1])
        self._sampler = TripletSampler(training.tagged, config.negatives_per_anchor, config.negatives, self._seed)
        self.left_out = list(self._sampler.left_out)
        """What is not learnt from or validated on, and why: sentences."""
        self._validation: LocSensValidation | None = None
        try:
            self._validation = LocSensValidation(self.config, validation, tags) if validation else None
        except NoAnchorError as error:
            self.left_out.append(f"there will be no validation metrics: {error}")
        self._alpha = self.alpha_at(0)

    def to(self, device: torch.device) -> None:
        """Moves embeddings, hashtags and locations."""
        self._tags, self._images = self._tags.to(device), self._images.to(device)
        self._locations = self._locations.to(device)
        self._sampler.to(device)
        if self._validation:
            self._validation.to(device)

    def snapshots(self) -> Mapping[int, str]:
        """Location sampling keeps the weights at the end of each stage."""
        return sigma_snapshots(self._steps, self.config.sigmas) if self.config.location == "sampling" else {}

    def alpha_at(self, step: int) -> float:
        """Scale of the location representation at a step."""
        if self.config.location == "dropout":
            return dropout_alpha(step, self._steps, self.config.dropout)
        if self.config.starts_from == "zeroed":
            return opening_alpha(step, self._steps, self.config.zeroed_share)
        return self.config.evaluation_alpha

    def batch(self, step: int, share: Share = WHOLE) -> Tensor:
        """The step itself: the rest is drawn on the device."""
        del share
        return torch.tensor(step)

    def loss(self, batch: Tensor, step: int, share: Share = WHOLE) -> Tensor:
        """Margin ranking loss of a batch of anchors and their negatives, or of a part of it."""
        del batch
        self._alpha = self.alpha_at(step)
        triplets = self._sampler.draw(self._anchors, step)
        locations, alpha = self._members_locations(triplets, step)
        if share != WHOLE:
            mine = share.within(self._anchors)
            triplets, locations = triplets.part(mine), locations[mine]
            alpha = alpha if isinstance(alpha, float) else alpha[mine]
        positive, negatives = member_scores(self.module, self._images, self._tags, triplets, locations, alpha)
        return margin_ranking_loss(positive, negatives, self.config.margin)

    def validate(self) -> dict[str, float]:
        """Loss and accuracy of validation triplets, and precision or accuracy of a small ranking."""
        return self._validation.measure(self.module, self._alpha) if self._validation else {}

    def _members_locations(self, triplets: Triplets, step: int) -> tuple[Tensor, float | Tensor]:
        """Locations [B, 1, 2], or [B, 1 + M, 2] if each member has its own; alpha, a number or [B, 1, 1]."""
        locations = self._locations[triplets.photos].unsqueeze(1)
        device = locations.device
        if self.config.location == "sampling":
            sigma = sigma_at(step, self._steps, self.config.sigmas)
            if sigma:
                members = locations.expand(-1, 1 + self.config.negatives_per_anchor, -1)
                return noisy_locations(
                    members, sigma, generator_for(self._seed, "location noise", step, device=device)
                ), self._alpha
        if self.config.location == "dropout" and self._alpha > 0:
            generator = generator_for(self._seed, "location dropout", step, device=device)
            drawn = torch.rand(len(locations), 1, 1, generator=generator, device=device)
            return locations, self._alpha * (drawn >= self.config.dropout.probability).float()
        return locations, self._alpha
