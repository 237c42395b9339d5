"""How the concepts look: recognisable scenes of vector shapes, varying with place and moment."""
