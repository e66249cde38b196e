"""The addresses."""

from django.urls import path

from bench.django_site import views

urlpatterns = [path("s/<str:token>", views.sign), path("r/<str:receipt>", views.receipt)]
