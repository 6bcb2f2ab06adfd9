console.log('Thank you for installing left-pad')
