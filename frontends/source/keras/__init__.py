"""What Keras' names mean: layers, wrappers, models, training, tensor functions, backbones and image generators."""
